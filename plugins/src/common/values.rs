//! Small values of plugins that outlive them, as JSON.

use salotto::Context;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// All values of a namespace, by key. What cannot be read, as a later version may have written it, is passed over.
pub(crate) fn all<T: DeserializeOwned>(context: &Context<'_>, namespace: &str) -> Vec<(String, T)> {
    let read = |(key, text): (String, String)| Some((key, serde_json::from_str(&text).ok()?));
    context.shared().all(namespace).into_iter().filter_map(read).collect()
}

/// A value, if it is there and can be read.
pub(crate) fn get<T: DeserializeOwned>(
    context: &Context<'_>,
    namespace: &str,
    key: &str,
) -> Option<T> {
    serde_json::from_str(&context.shared().get(namespace, key)?).ok()
}

/// Keeps a value. What is too long to be kept is told to the operator.
pub(crate) fn put<T: Serialize>(context: &mut Context<'_>, namespace: &str, key: &str, value: &T) {
    let text = serde_json::to_string(value).unwrap_or_default();
    if let Err(error) = context.shared().put(namespace, key, &text) {
        context
            .report(format!("`{key}` of the {namespace} is lost when the server stops: {error}"));
    }
}

/// Forgets a value.
pub(crate) fn remove(context: &Context<'_>, namespace: &str, key: &str) {
    context.shared().remove(namespace, key);
}
