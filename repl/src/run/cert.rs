//! `salotto cert`: the certificate for TLS, as the configuration names it or as the server makes it itself.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;

use salotto::Timestamp;
use salotto::protocol::{Certificate, in_short};
use salotto_plugins::tls::{TlsFiles, TlsSettings};

use super::exit::Exit;
use crate::cli::CertTask;
use crate::output::{print, print_error};
use crate::settings::{Config, Source};

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";
/// How long before its end a certificate is spoken of.
const SOON_DAYS: u64 = 14;

pub(super) fn run(source: &Source, task: CertTask) -> Exit {
    let config = match source.load() {
        Ok(config) => config,
        Err(error) => {
            print_error(error);
            return Exit::Usage;
        }
    };
    let done = files(&config).and_then(|files| match task {
        CertTask::Show => show(&files),
        CertTask::Renew => renew(&files),
        CertTask::Export { file } => export(&files, file.as_deref()),
    });
    match done {
        Ok(()) => Exit::Done,
        Err(error) => {
            print_error(error);
            Exit::Failed
        }
    }
}

/// Says what is wrong with the certificate of a server that is about to use it, or what it is.
pub(super) fn check(config: &Config) -> Exit {
    if !config.plugin_names(true).any(|name| name == "tls") {
        return Exit::Done;
    }
    let checked = files(config).and_then(|files| {
        if files.are_missing() {
            let path = files.certificate_path().display().to_string();
            print(format_args!("the certificate `{path}` will be made"));
            return Ok(());
        }
        let certificate = load(&files)?;
        let path = files.certificate_path().display();
        let now = Timestamp::now();
        if certificate.from > now {
            return Err(format!(
                "the certificate `{path}` holds from {} on only",
                certificate.from
            ));
        }
        if certificate.left(now).is_zero() {
            return Err(format!(
                "the certificate `{path}` ended on {}; renew it",
                certificate.until
            ));
        }
        let names = certificate.names.join(", ");
        print(format_args!("the certificate `{path}` fits its key; it is for {names}"));
        print(holds(&certificate, now));
        files.looseness().iter().for_each(print);
        Ok(())
    });
    match checked {
        Ok(()) => Exit::Done,
        Err(error) => {
            print_error(error);
            Exit::Failed
        }
    }
}

fn show(files: &TlsFiles) -> Result<(), String> {
    if files.are_missing() {
        return Err(format!(
            "there is no `{}` here; `plugins enable tls` makes it when the server runs, and `salotto cert renew` makes it now",
            files.certificate_path().display()
        ));
    }
    tell(files, &load(files)?);
    Ok(())
}

fn renew(files: &TlsFiles) -> Result<(), String> {
    let (identity, pem) = files.make().map_err(|error| error.to_string())?;
    files.keep(&pem).map_err(|error| error.to_string())?;
    tell(files, &files.certificate_of(&identity).map_err(|error| error.to_string())?);
    print(
        "a server that runs shows it within a minute, or after `config reload`; whoever has trusted the one before is asked again",
    );
    Ok(())
}

/// The certificate without its key, for those who want to trust it.
fn export(files: &TlsFiles, to: Option<&Path>) -> Result<(), String> {
    load(files)?;
    let path = files.certificate_path();
    let text = fs::read_to_string(path)
        .map_err(|error| format!("cannot read `{}`: {error}", path.display()))?;
    let mut public = String::new();
    for block in text.split(BEGIN).skip(1) {
        let block = block.split(END).next().unwrap_or_default();
        public.push_str(&format!("{BEGIN}{block}{END}\n"));
    }
    let Some(to) = to else {
        print(public.trim_end());
        return Ok(());
    };
    let written = OpenOptions::new().write(true).create_new(true).open(to);
    written
        .and_then(|mut file| file.write_all(public.as_bytes()))
        .map_err(|error| format!("cannot write `{}`: {error}", to.display()))?;
    print(format_args!("the certificate is in `{}`, without its key", to.display()));
    Ok(())
}

fn tell(files: &TlsFiles, certificate: &Certificate) {
    let signed = match certificate.is_self_signed {
        true => "by itself: people compare its fingerprint",
        false => "by a certificate authority",
    };
    print(format_args!("file         {}", files.certificate_path().display()));
    print(format_args!("names        {}", certificate.names.join(", ")));
    print(format_args!("signed       {signed}"));
    print(format_args!("holds        from {} until {}", certificate.from, certificate.until));
    print(format_args!("SHA-256      {}", certificate.fingerprint));
    print(format_args!("in words     {}", certificate.fingerprint.words()));
}

fn holds(certificate: &Certificate, now: Timestamp) -> String {
    let left = certificate.left(now);
    let soon = match left.as_secs() / (24 * 60 * 60) < SOON_DAYS {
        true => "; renew it soon",
        false => "",
    };
    format!("it holds until {}, for {}{soon}", certificate.until, in_short(left))
}

fn load(files: &TlsFiles) -> Result<Certificate, String> {
    let identity = files.load().map_err(|error| error.to_string())?;
    identity.check_chain().map_err(|error| {
        format!("`{}` cannot be used: {error}", files.certificate_path().display())
    })?;
    files.certificate_of(&identity).map_err(|error| error.to_string())
}

/// Those of the plugin, whether or not it is on.
fn files(config: &Config) -> Result<TlsFiles, String> {
    let setup = config.plugins.iter().find(|setup| setup.name == "tls");
    let settings: TlsSettings =
        salotto_plugins::parse_settings(setup.map_or("", |setup| &setup.settings))?;
    TlsFiles::of(&settings)
}
