//! A room in your program, in ten lines. Run it, then `nc 127.0.0.1 53000`.

#![expect(clippy::print_stdout, reason = "an example shows what it hears")]

use salotto::Server;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    smol::block_on(async {
        let server = Server::builder().listen(["127.0.0.1:53000"]).start()?;
        let mut bot = server.handle().join("bot").await?;
        bot.say("good evening").await?;
        while let Some(event) = bot.next().await {
            println!("{event:?}");
        }
        server.stop().await;
        Ok(())
    })
}
