//! Members read back what was said: pages, for programs.

use super::Hub;
use super::not_done::NotDone;
use crate::protocol::error::{ErrorCode, Refusal};
use crate::protocol::event::Event;
use crate::protocol::history::{Page, Place};
use crate::protocol::ids::{EntryId, MemberId};
use crate::protocol::limit_hit::LimitHit;
use crate::protocol::name::RoomName;
use crate::state::store::{PAGE, PageQuery, StoreError};

/// So many entries a page has where no number is given.
const USUAL_PAGE: usize = 50;
/// So many pages may be under way at a time, for all members together.
const MOST_READS: usize = 256;

/// Which part of a room is asked for, as a client writes it.
pub(super) struct Part {
    pub(super) before: Option<EntryId>,
    pub(super) after: Option<EntryId>,
    pub(super) around: Option<EntryId>,
    pub(super) limit: Option<usize>,
}

impl Part {
    fn place(&self) -> Result<Place, Refusal> {
        match (self.before, self.after, self.around) {
            (None, None, None) => Ok(Place::Last),
            (Some(id), None, None) => Ok(Place::Before(id)),
            (None, Some(id), None) => Ok(Place::After(id)),
            (None, None, Some(id)) => Ok(Place::Around(id)),
            _ => {
                let text = "give one of `before`, `after` and `around`, or none for the last page";
                Err(Refusal::new(ErrorCode::BadRequest, text))
            }
        }
    }
}

impl Hub {
    /// A member asks for a part of a room that it is in. The store reads it meanwhile.
    pub(super) fn history_page(
        &mut self,
        id: MemberId,
        room: Option<&str>,
        part: &Part,
        nonce: Option<String>,
    ) -> Result<(), NotDone> {
        let place = part.place()?;
        let room = self.room_of(id, room)?;
        let name = self.state.rooms.get(room).map(|room| room.name.clone()).ok_or(NotDone::Gone)?;
        let readable = self.state.readable(id).into_iter().find(|(readable, _)| *readable == name);
        let (Some((room, since)), Some(store)) = (readable, self.state.store.clone()) else {
            let text = format!("what is said in `{name}` is not kept");
            return Err(NotDone::Refused(Refusal::new(ErrorCode::Failed, text)));
        };
        if self.reads >= MOST_READS {
            self.limit_hit(LimitHit::Answers, Some(id));
            let text = format!("{MOST_READS} pages are being read; ask again in a moment");
            return Err(NotDone::Refused(Refusal::new(ErrorCode::Limit, text)));
        }
        self.reads += 1;
        self.owe_answer(id);
        let limit = part.limit.unwrap_or(USUAL_PAGE).clamp(1, PAGE);
        let query = PageQuery { room: room.clone(), place, since, limit, only_messages: false };
        let inbox = self.state.handle.inbox.clone();
        store.page(
            query,
            Box::new(move |page| {
                let give = move |hub: &mut Hub| {
                    hub.reads -= 1;
                    hub.give_page(id, room, page, nonce);
                    hub.answered(id);
                };
                // A server that has stopped meanwhile needs no page.
                let _ = inbox.send_blocking(super::question(give));
            }),
        );
        Ok(())
    }

    fn give_page(
        &mut self,
        id: MemberId,
        room: RoomName,
        page: Result<Page, StoreError>,
        nonce: Option<String>,
    ) {
        // Whoever was thrown out or left meanwhile may not read any more.
        let may = self.state.readable(id).iter().any(|(readable, _)| *readable == room);
        match page {
            Ok(Page { entries, older, newer }) if may => {
                self.state.send(id, Event::History { room, entries, older, newer, nonce });
            }
            Ok(_) => {
                let text = format!("you are not in `{room}` any more");
                self.refuse(id, Refusal::new(ErrorCode::NotInRoom, text), nonce);
            }
            Err(error) => self.refuse(id, Refusal::new(ErrorCode::Failed, error.0), nonce),
        }
    }
}
