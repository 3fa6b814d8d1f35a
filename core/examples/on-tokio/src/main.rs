//! A room in a program that runs on another runtime, and is stopped by Ctrl+C. The server brings its own threads, so its futures can be awaited
//! anywhere. Run it, then `nc 127.0.0.1 53000`; another address may be given as the first argument.

use salotto::{EntryKind, Event, Server};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:53000".into());
    // Watched for before anybody can know that the program is there.
    let mut interrupts = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
    let server = Server::builder().listen([address]).start()?;
    println!("listening on {}; Ctrl+C ends it", server.addresses()[0]);
    let (bot, mut ears) = server.handle().join("bot").await?.split();
    // A task of this runtime among all the others of the program.
    let talk = tokio::spawn(async move {
        while let Some(event) = ears.next().await {
            if let Event::Entry(entry) = event
                && let EntryKind::Joined { who, .. } = &entry.what
                && who != bot.name()
                && bot.say(format!("good evening, {who}")).await.is_err()
            {
                break;
            }
        }
    });
    interrupts.recv().await;
    println!("stopping");
    // Everybody is told goodbye, the bot too, whose task ends by that.
    server.stop().await;
    talk.await?;
    println!("stopped");
    Ok(())
}
