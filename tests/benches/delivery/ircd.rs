//! IRC servers that may be installed, set up so that nothing stops a load generator: no look-ups, no limits, no flood control.

use std::io;
use std::path::{Path, PathBuf};

/// Where such programs are, beside what `PATH` says.
const SYSTEM: &[&str] = &["/usr/sbin", "/usr/local/sbin"];

/// An IRC server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ircd {
    Ngircd,
    Inspircd,
}

impl Ircd {
    /// What it calls itself.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ngircd => "ngIRCd",
            Self::Inspircd => "InspIRCd",
        }
    }

    /// How many may come in at a time without any being lost: one listens with a backlog of ten, the other lets people in once a second.
    pub(crate) fn at_once(self) -> usize {
        match self {
            Self::Ngircd => 8,
            Self::Inspircd => 256,
        }
    }

    /// Writes a configuration into this folder and returns the command that runs the server in the foreground on this port.
    pub(crate) fn prepare(self, folder: &Path, port: u16) -> io::Result<Vec<String>> {
        let file = folder.join("ircd.conf");
        std::fs::write(&file, self.configuration(folder, port))?;
        let (program, file) = (self.program()?.display().to_string(), file.display().to_string());
        Ok(match self {
            Self::Ngircd => vec![program, "--nodaemon".into(), "--config".into(), file],
            Self::Inspircd => {
                let mut command = vec![program];
                command.extend(["--nofork", "--nolog", "--nopid", "--config"].map(String::from));
                command.push(file);
                if rustix::process::geteuid().is_root() {
                    command.push("--runasroot".into());
                }
                command
            }
        })
    }

    fn configuration(self, folder: &Path, port: u16) -> String {
        match self {
            Self::Ngircd => format!(
                "[Global]\nName = irc.bench\nInfo = bench\nListen = 127.0.0.1\nPorts = {port}\n\
                 AdminInfo1 = bench\nAdminEMail = bench@irc.bench\nMotdPhrase = bench\n\
                 [Limits]\nMaxConnections = 0\nMaxConnectionsIP = 0\nMaxJoins = 0\n\
                 MaxPenaltyTime = 0\nPingTimeout = 3600\nPongTimeout = 3600\n\
                 [Options]\nDNS = no\nIdent = no\nPAM = no\nSyslogFacility = local1\n"
            ),
            Self::Inspircd => format!(
                "<config format=\"xml\">\n\
                 <server name=\"irc.bench\" description=\"bench\" network=\"bench\" id=\"00A\">\n\
                 <admin name=\"bench\" nick=\"bench\" email=\"bench@irc.bench\">\n\
                 <path configdir=\"{0}\" datadir=\"{0}\" logdir=\"{0}\" runtimedir=\"{0}\">\n\
                 <bind address=\"127.0.0.1\" port=\"{port}\" type=\"clients\">\n\
                 <connect name=\"bench\" allow=\"*\" timeout=\"600\" pingfreq=\"1h\" \
                 hardsendq=\"64M\" softsendq=\"64M\" recvq=\"1M\" threshold=\"1000000\" \
                 commandrate=\"1000000000\" fakelag=\"no\" localmax=\"100000\" \
                 globalmax=\"100000\" maxconnwarn=\"no\" limit=\"100000\" \
                 resolvehostnames=\"no\" useident=\"no\">\n\
                 <performance somaxconn=\"4096\" softlimit=\"100000\" clonesonconnect=\"no\">\n\
                 <options splitwhois=\"no\">\n",
                folder.display()
            ),
        }
    }

    fn program(self) -> io::Result<PathBuf> {
        let name = match self {
            Self::Ngircd => "ngircd",
            Self::Inspircd => "inspircd",
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path)
            .chain(SYSTEM.iter().map(PathBuf::from))
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
            .ok_or_else(|| {
                io::Error::other(format!("`{name}` is not installed; leave it out of --with"))
            })
    }
}
