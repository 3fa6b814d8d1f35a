//! Numbers of answers: <https://modern.ircdocs.horse/#numerics>.

/// A number that a client knows an answer by.
pub(super) type Numeric = &'static str;

macro_rules! numerics {
    ($($name:ident = $number:literal,)*) => {
        $(pub(super) const $name: Numeric = $number;)*
    };
}

numerics! {
    WELCOME = "001",
    YOUR_HOST = "002",
    CREATED = "003",
    MY_INFO = "004",
    SUPPORT = "005",
    CHANNEL_MODE_IS = "324",
    NO_TOPIC = "331",
    TOPIC = "332",
    NAMES = "353",
    END_OF_NAMES = "366",
    LIST = "322",
    LIST_END = "323",
    MOTD = "372",
    MOTD_START = "375",
    END_OF_MOTD = "376",
    NO_SUCH_NICK = "401",
    NO_SUCH_CHANNEL = "403",
    CANNOT_SEND = "404",
    TOO_MANY_CHANNELS = "405",
    NO_ORIGIN = "409",
    BAD_CAP = "410",
    NO_RECIPIENT = "411",
    NO_TEXT = "412",
    INPUT_TOO_LONG = "417",
    UNKNOWN_COMMAND = "421",
    NO_MOTD = "422",
    NO_NICK_GIVEN = "431",
    BAD_NICK = "432",
    NICK_IN_USE = "433",
    NOT_ON_CHANNEL = "442",
    NOT_REGISTERED = "451",
    NEED_MORE_PARAMETERS = "461",
    ALREADY_REGISTERED = "462",
    PASSWORD_MISMATCH = "464",
    INVITE_ONLY = "473",
    NOT_OPERATOR_HERE = "482",
    MONITOR_ONLINE = "730",
    MONITOR_OFFLINE = "731",
    MONITOR_LIST = "732",
    END_OF_MONITOR_LIST = "733",
    MONITOR_LIST_FULL = "734",
    LOGGED_IN = "900",
    SASL_SUCCESS = "903",
    SASL_FAILED = "904",
    SASL_TOO_LONG = "905",
    SASL_ABORTED = "906",
    SASL_MECHANISMS = "908",
}
