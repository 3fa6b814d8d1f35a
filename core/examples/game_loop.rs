//! Chat in a game: a loop of sixty frames a second on a plain thread, which never waits for the chat and needs no runtime. A ball rolls to and fro, and the
//! people steer it. Run it, then `nc 127.0.0.1 53000`, and say `left`, `right` or `stop`. It ends by itself after a minute.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::VecDeque;
use std::error::Error;
use std::thread;
use std::time::{Duration, Instant};

use salotto::{EntryKind, Event, Participant, Server, TryNextError, TrySayError};

const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
/// A minute.
const FRAMES: u32 = 60 * 60;
/// Where the walls are.
const WIDTH: i32 = 120;
/// So much of the chat is looked at in one frame. What is left comes in the next one, so that busy people do not make the game slow.
const EVENTS_A_FRAME: usize = 64;
/// So many lines wait to be said while the server is behind; after that the oldest make way.
const UNSAID: usize = 16;

/// The game, and its place in the chat.
struct Game {
    chat: Participant,
    unsaid: VecDeque<String>,
    position: i32,
    speed: i32,
    is_over: bool,
}

fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::builder().listen(["127.0.0.1:53000"]).start()?;
    println!("listening on {}", server.addresses()[0]);
    let frames = play(&server, FRAMES)?;
    println!("it was over after {frames} frames");
    smol::block_on(server.stop());
    Ok(())
}

/// Plays for as many frames, unless it is over before. Says how many they were.
pub(crate) fn play(server: &Server, frames: u32) -> Result<u32, Box<dyn Error>> {
    // Before the first frame there is time to wait.
    let chat = smol::block_on(server.handle().join("ball"))?;
    let mut game =
        Game { chat, unsaid: VecDeque::new(), position: WIDTH / 2, speed: 1, is_over: false };
    let mut due = Instant::now();
    let mut played = 0;
    while played < frames && !game.is_over {
        game.frame();
        played += 1;
        due += FRAME;
        sleep_until(due);
    }
    // After the last frame there is time, too: what was said is said, and the name is free.
    smol::block_on(game.chat.leave());
    Ok(played)
}

impl Game {
    /// One frame: what was said, what moves, what there is to say about it.
    fn frame(&mut self) {
        self.listen();
        self.position += self.speed;
        if self.position <= 0 || self.position >= WIDTH {
            self.speed = -self.speed;
            self.say(format!("bounced at {}", self.position));
        }
        self.speak();
    }

    fn listen(&mut self) {
        for _ in 0..EVENTS_A_FRAME {
            match self.chat.try_next() {
                Ok(Event::Entry(entry)) => {
                    if let EntryKind::Message { from, text, .. } = &entry.what
                        && from != self.chat.name()
                    {
                        self.obey(text);
                    }
                }
                Ok(_) => {}
                Err(TryNextError::Empty) => return,
                // The server has stopped, or somebody has thrown the ball out.
                Err(TryNextError::Ended) => return self.is_over = true,
            }
        }
    }

    fn obey(&mut self, text: &str) {
        match text.trim() {
            "left" => self.speed = -1,
            "right" => self.speed = 1,
            "stop" => self.is_over = true,
            _ => return,
        }
        self.say(format!("{} at {}", text.trim(), self.position));
    }

    fn say(&mut self, line: String) {
        if self.unsaid.len() == UNSAID {
            self.unsaid.pop_front();
        }
        self.unsaid.push_back(line);
    }

    /// Says what there is to say, as far as that goes without waiting.
    fn speak(&mut self) {
        while let Some(line) = self.unsaid.pop_front() {
            match self.chat.try_say(line) {
                Ok(()) => {}
                Err(TrySayError::Closed(_)) => return self.is_over = true,
                // The next frame is soon enough.
                Err(error) => return self.unsaid.push_front(error.into_text()),
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a game sleeps until its next frame")]
fn sleep_until(due: Instant) {
    thread::sleep(due.saturating_duration_since(Instant::now()));
}
