//! The names that X11 has a number for, as far as the shell uses them.

x11rb::atom_manager! {
    pub(super) Atoms: AtomsCookie {
        CLIPBOARD,
        INCR,
        TARGETS,
        TEXT,
        UTF8_STRING,
        WM_DELETE_WINDOW,
        WM_PROTOCOLS,
        _XIM_PROTOCOL,
        _XIM_XCONNECT,
        _NET_WM_NAME,
        _NET_WM_PID,
        _NET_WM_PING,
        _NET_WM_ICON,
        _NET_WM_STATE,
        _NET_WM_STATE_HIDDEN,
        _NET_WM_STATE_MAXIMIZED_HORZ,
        _NET_WM_STATE_MAXIMIZED_VERT,
        SALOTTO_KICK,
        SALOTTO_PASTE,
        PLAIN_UTF8: b"text/plain;charset=utf-8",
    }
}
