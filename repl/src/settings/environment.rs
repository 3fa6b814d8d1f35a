//! Settings from the environment, for containers: `SALOTTO_SERVER__NAME=Ours` is `server.name`, whatever the file says, and `SALOTTO_PLUGINS__TLS__CERTIFICATE` that
//! setting of a plugin that is in it.

/// What all of them begin with.
const PREFIX: &str = "SALOTTO_";
/// Between the section and the setting, and between a plugin and its setting. Without it a variable is somebody else's.
const SEPARATOR: &str = "__";

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Override {
    pub(super) variable: String,
    pub(super) setting: String,
    /// In RON; a text may stand there without its quotes. `None` where it is not UTF-8.
    pub(super) value: Option<String>,
}

/// All that there are, in the order of their names.
pub(super) fn overrides() -> Vec<Override> {
    let mut found: Vec<Override> = std::env::vars_os()
        .filter_map(|(variable, value)| of(variable.to_str()?, value.to_str()))
        .collect();
    found.sort_by(|one, other| one.variable.cmp(&other.variable));
    found
}

fn of(variable: &str, value: Option<&str>) -> Option<Override> {
    let (section, setting) = variable.strip_prefix(PREFIX)?.split_once(SEPARATOR)?;
    let setting = setting.to_lowercase().replace(SEPARATOR, ".");
    let setting = format!("{}.{setting}", section.to_lowercase());
    Some(Override { variable: variable.into(), setting, value: value.map(str::to_owned) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_names_its_setting() {
        let found = of("SALOTTO_SERVER__OPERATOR_NAME", Some("ada")).unwrap();
        assert_eq!(
            (found.setting.as_str(), found.value.as_deref()),
            ("server.operator_name", Some("ada"))
        );
        let found = of("SALOTTO_PLUGINS__TLS__CERTIFICATE", Some("tls.pem")).unwrap();
        assert_eq!(found.setting, "plugins.tls.certificate");
        assert_eq!(of("SALOTTO_TEST_TOKIO", Some("1")), None);
        assert_eq!(of("SERVER__NAME", Some("1")), None);
    }
}
