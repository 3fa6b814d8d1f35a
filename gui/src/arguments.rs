//! The command line: `salotto-gui [HOST[:PORT]] [--name NAME] [--room ROOM]`.

use std::ffi::OsString;

use lexopt::prelude::*;
use salotto::discovery::Interfaces;
use salotto_gui::model::{ConnectionSettings, Renderer};

/// The text of `--help`.
pub(crate) const HELP: &str = "\
The window of Salotto, a chat server.

Usage: salotto-gui [OPTIONS] [HOST[:PORT]]

Arguments:
  [HOST[:PORT]]  The server to connect to, e.g. 192.168.1.5 or chat.example.org:53000; tls://HOST[:PORT] encrypts or does not connect

Options:
      --name NAME       The name to use
      --room ROOM       The room to join, instead of the default room of the server
      --renderer WHAT   What draws the window: gl, a graphics card; cpu, the processor, in less memory; auto, the better of them
      --interface NAME  Look for servers on this network interface alone, e.g. eth0; can be repeated; `none` looks for none
  -h, --help            Print this
  -V, --version         Print the version

With HOST and a name, given or remembered, the window connects at once; without HOST to
the servers that were not left when it was last closed.
SALOTTO_LOG=debug logs more to standard error.
";

/// What was asked for on the command line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// Show the window.
    Open(Box<Asked>),
    /// Print [`HELP`].
    Help,
    /// Print the version.
    Version,
}

/// What the form is to be filled in with.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) address: Option<ConnectionSettings>,
    name: Option<String>,
    room: Option<String>,
    /// What draws the window, instead of what the settings file says.
    pub(crate) renderer: Option<Renderer>,
    /// Where servers are looked for; `None` for nowhere.
    pub(crate) interfaces: Option<Interfaces>,
}

impl Arguments {
    /// Reads the arguments, without the name of the program.
    ///
    /// # Errors
    ///
    /// Describes the first argument that is not understood.
    pub(crate) fn read(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Self, lexopt::Error> {
        let interfaces = Some(Interfaces::real());
        let mut asked = Asked { address: None, name: None, room: None, renderer: None, interfaces };
        let mut interfaces = Vec::new();
        let mut parser = lexopt::Parser::from_args(arguments);
        while let Some(argument) = parser.next()? {
            match argument {
                Short('h') | Long("help") => return Ok(Self::Help),
                Short('V') | Long("version") => return Ok(Self::Version),
                Long("name") => asked.name = Some(parser.value()?.string()?),
                Long("room") => asked.room = Some(parser.value()?.string()?),
                Long("renderer") => asked.renderer = Some(parser.value()?.parse()?),
                Long("interface") => interfaces.push(parser.value()?.string()?),
                Value(address) if asked.address.is_none() => {
                    asked.address = Some(address.parse_with(ConnectionSettings::at)?);
                }
                other => return Err(other.unexpected()),
            }
        }
        if !interfaces.is_empty() {
            let is_none = interfaces.iter().any(|name| name == "none");
            asked.interfaces = (!is_none).then(|| Interfaces::named(interfaces));
        }
        Ok(Self::Open(Box::new(asked)))
    }
}

impl Asked {
    /// What the form is filled in with: what was given, else what was remembered.
    pub(crate) fn connection_settings(&self, remembered: ConnectionSettings) -> ConnectionSettings {
        let mut settings = remembered;
        if let Some(ConnectionSettings { host, port, encrypted, .. }) = &self.address {
            settings.host.clone_from(host);
            (settings.port, settings.encrypted) = (*port, *encrypted);
        }
        if let Some(name) = &self.name {
            settings.name.clone_from(name);
        }
        if let Some(room) = &self.room {
            settings.room.clone_from(room);
        }
        settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, String> {
        let arguments = line.split_whitespace().map(OsString::from);
        Arguments::read(arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_given_goes_before_what_is_remembered() {
        let remembered = ConnectionSettings {
            host: "old".into(),
            port: 1,
            name: "ada".into(),
            ..ConnectionSettings::default()
        };
        for (address, encrypted) in [("new:2", false), ("TLS://new:2", true)] {
            let Ok(Arguments::Open(asked)) = read(&format!("{address} --room=tea")) else {
                panic!("{address} is not read")
            };
            let (host, name, room) = ("new".into(), "ada".into(), "tea".into());
            let (port, rest) = (2, ConnectionSettings::default());
            let expected = ConnectionSettings { host, port, encrypted, name, room, ..rest };
            assert_eq!(asked.connection_settings(remembered.clone()), expected);
        }
    }

    #[test]
    fn servers_are_looked_for_where_one_says() {
        for (line, interfaces) in [
            ("", Some(Interfaces::real())),
            ("--interface eth0 --interface=lo", Some(Interfaces::named(["eth0", "lo"]))),
            ("--interface none", None),
        ] {
            let Ok(Arguments::Open(asked)) = read(line) else { panic!("{line} is not read") };
            assert_eq!(asked.interfaces, interfaces, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_named() {
        for (line, named) in [
            ("--nmae ada", "--nmae"),
            ("here there", "there"),
            ("--name", "--name"),
            ("host:x", "the port is `x`"),
            ("--renderer vulkan", "the renderer is `vulkan`"),
        ] {
            let problem = read(line).expect_err(line);
            assert!(problem.contains(named), "{line}: {problem}");
        }
    }

    #[test]
    fn help_names_every_option() {
        assert_eq!(read("-h"), Ok(Arguments::Help));
        assert_eq!(read("--version somewhere"), Ok(Arguments::Version));
        for option in
            ["HOST[:PORT]", "--name", "--room", "--renderer", "--interface", "--help", "--version"]
        {
            assert!(HELP.contains(option), "{option}");
        }
    }
}
