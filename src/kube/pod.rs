//! What a pod's status says of why it does not run. Pure: an object as the API gives it, and sentences.

use serde_json::Value as Json;

/// Reasons for which a container waits that do not go away by waiting.
const BLOCKS: [&str; 9] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "ImageInspectError",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
    "RunContainerError",
    "CrashLoopBackOff",
];

/// The statuses of its init containers, or of its own.
pub fn statuses<'a>(pod: &'a Json, field: &str) -> impl Iterator<Item = &'a Json> {
    let list = at(pod, &["status", field]).and_then(Json::as_array);
    list.into_iter().flatten()
}

/// Those of all its containers, init containers first.
pub fn all_statuses(pod: &Json) -> impl Iterator<Item = &Json> {
    statuses(pod, "initContainerStatuses").chain(statuses(pod, "containerStatuses"))
}

/// Why a container of it waits, where that does not pass by itself: an image that cannot be pulled, a container that crashes.
#[must_use]
pub fn blocked(pod: &Json) -> Option<String> {
    all_statuses(pod).find_map(|one| {
        let reason = text(one, &["state", "waiting", "reason"])?;
        if !BLOCKS.contains(&reason) {
            return None;
        }
        let name = text(one, &["name"]).unwrap_or_default();
        let image = text(one, &["image"]).unwrap_or_default();
        let what = format!("{reason} of the container {name}, image {image}");
        Some(match text(one, &["state", "waiting", "message"]) {
            Some(message) => format!("{what}: {message}"),
            None => what,
        })
    })
}

/// The init container that failed, and its exit code.
#[must_use]
pub fn failed_init(pod: &Json) -> Option<(&str, i64)> {
    statuses(pod, "initContainerStatuses").find_map(|one| {
        let ended = ["state", "lastState"].into_iter();
        let mut codes =
            ended.filter_map(|state| at(one, &[state, "terminated", "exitCode"])?.as_i64());
        let code = codes.find(|code| *code != 0)?;
        Some((text(one, &["name"]).unwrap_or_default(), code))
    })
}

/// The init container that runs.
#[must_use]
pub fn running_init(pod: &Json) -> Option<&str> {
    let mut all = statuses(pod, "initContainerStatuses");
    let running = all.find(|one| at(one, &["state", "running"]).is_some())?;
    text(running, &["name"])
}

/// Why no node takes it.
#[must_use]
pub fn unscheduled(pod: &Json) -> Option<String> {
    let condition =
        condition(pod, "PodScheduled").filter(|one| text(one, &["status"]) == Some("False"))?;
    let reason = text(condition, &["reason"]).unwrap_or_default();
    let message = text(condition, &["message"]).unwrap_or_default();
    Some(format!("{}: {message}", reason.to_lowercase()))
}

/// A condition of an object.
#[must_use]
pub fn condition<'a>(object: &'a Json, kind: &str) -> Option<&'a Json> {
    let conditions = at(object, &["status", "conditions"])?.as_array()?;
    let mut conditions = conditions.iter();
    conditions.find(|one| text(one, &["type"]) == Some(kind))
}

/// A value inside of an object.
#[must_use]
pub fn at<'a>(value: &'a Json, path: &[&str]) -> Option<&'a Json> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

/// A text inside of an object, if there is anything in it.
#[must_use]
pub fn text<'a>(value: &'a Json, path: &[&str]) -> Option<&'a str> {
    at(value, path)?.as_str().filter(|text| !text.is_empty())
}
