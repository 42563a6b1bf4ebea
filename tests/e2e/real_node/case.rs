//! A pod that a chart renders, with the manifest around it, and the handles by which a mutation takes it.

use serde_json::{Value, json};

/// Where the pod stands in the manifest.
#[derive(Debug, Clone)]
pub(super) enum Home {
    /// In the text under a key of the object of this index.
    Template(usize, String),
    /// In the workload of this index.
    Workload(usize),
}

/// A pod with its manifest, of which a mutation may change everything.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Which base and which mutation.
    pub(super) name: String,
    /// The kind of mutation.
    pub(super) kind: &'static str,
    /// The component whose plan it is, with the arguments of the command.
    pub(super) command: String,
    /// The chart's folder name, and the values file as the plan leaves it.
    pub(super) chart: &'static str,
    pub(super) file: (&'static str, String),
    /// Every object of the manifest.
    pub(super) objects: Vec<Value>,
    pub(super) home: Home,
    /// The pod's spec; put back into its home by [`Case::manifest`].
    pub(super) spec: Value,
    /// The image of the task.
    pub(super) image: &'static str,
    /// The PEM of the CA that signed the server.
    pub(super) pem: String,
}

pub(super) const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";
pub(super) const BUNDLE_DIR: &str = "/etc/ssl/certs";
pub(super) const SOURCES: &str = "/usr/local/share/ca-certificates";

impl Case {
    /// The manifest, its one pod template the case's.
    pub(super) fn manifest(&self) -> String {
        let mut objects = self.objects.clone();
        match &self.home {
            Home::Template(index, key) => {
                let pod =
                    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": self.spec});
                let text = serde_json::to_string_pretty(&json!({"default": pod})).unwrap();
                objects[*index]["data"] = json!({key: text});
            }
            Home::Workload(index) => {
                objects[*index]["spec"]["template"]["spec"] = self.spec.clone();
            }
        }
        let texts = objects.iter().filter(|one| !one.is_null());
        let texts: Vec<String> = texts.map(Value::to_string).collect();
        texts.join("\n---\n")
    }

    /// The ConfigMaps and Secrets.
    pub(super) fn texts(&self) -> impl Iterator<Item = &Value> {
        let is_text = |one: &&Value| one["kind"] == "ConfigMap" || one["kind"] == "Secret";
        self.objects.iter().filter(is_text)
    }

    /// Which of the pod's own containers the certificates are for.
    pub(super) fn task_index(&self) -> usize {
        match self.home {
            Home::Template(..) => 0,
            Home::Workload(_) => {
                let containers = self.spec["containers"].as_array().unwrap();
                containers
                    .iter()
                    .position(|one| one["name"] == "k8s-glue")
                    .unwrap_or(0)
            }
        }
    }

    pub(super) fn task(&mut self) -> &mut Value {
        let index = self.task_index();
        &mut self.spec["containers"][index]
    }

    /// The init container that makes the bundle.
    pub(super) fn maker(&mut self) -> &mut Value {
        let all = self.spec["initContainers"].as_array_mut().unwrap();
        let has_sources = |one: &&mut Value| one["volumeMounts"].to_string().contains(SOURCES);
        all.iter_mut().find(has_sources).unwrap()
    }

    pub(super) fn inits(&mut self) -> &mut Vec<Value> {
        list(&mut self.spec, "initContainers")
    }

    pub(super) fn volumes(&mut self) -> &mut Vec<Value> {
        list(&mut self.spec, "volumes")
    }

    /// The volume of the certificates, or of the whole bundle.
    pub(super) fn volume(&mut self) -> &mut Value {
        let carries = |one: &&mut Value| {
            let name = one["name"].as_str().unwrap_or_default();
            name.ends_with("extra-ca-certs") || name.ends_with("ca-bundle")
        };
        self.volumes().iter_mut().find(carries).unwrap()
    }

    /// The sources of the projected volume of the certificates.
    pub(super) fn sources(&mut self) -> &mut Vec<Value> {
        list(&mut self.volume()["projected"], "sources")
    }

    /// The source that brings the server's CA.
    pub(super) fn source(&mut self) -> &mut Value {
        let name = self.carrier()["metadata"]["name"].clone();
        let mut sources = self.sources().iter_mut();
        sources
            .find(|one| one["configMap"]["name"] == name)
            .unwrap()
    }

    /// The object that carries the server's CA.
    pub(super) fn carrier(&mut self) -> &mut Value {
        let pem = self.pem.trim().to_owned();
        let carries = |one: &&mut Value| {
            let texts = one["data"].as_object().into_iter().flatten();
            one["kind"] == "ConfigMap"
                && texts
                    .into_iter()
                    .any(|(_, text)| text.as_str().is_some_and(|text| text.contains(&pem)))
        };
        let name = self.name.clone();
        let found = self.objects.iter_mut().find(carries);
        found.unwrap_or_else(|| panic!("{name}: nothing carries the CA"))
    }

    /// The key of the text that holds the server's CA.
    pub(super) fn key(&mut self) -> String {
        let pem = self.pem.trim().to_owned();
        let texts = self.carrier()["data"].as_object().unwrap().iter();
        let mut with_it = texts.filter(|(_, text)| text.as_str().unwrap().contains(&pem));
        with_it.next().unwrap().0.clone()
    }

    /// Changes the PEM text of the server's CA where it is carried.
    pub(super) fn text(&mut self, change: impl Fn(&str) -> String) {
        let (key, pem) = (self.key(), self.pem.clone());
        let text = self.carrier()["data"][&key].as_str().unwrap().to_owned();
        let changed = text.replace(pem.trim(), change(&pem).trim_end_matches('\n'));
        self.carrier()["data"][&key] = changed.into();
    }

    /// Moves the text of the server's CA to another key.
    pub(super) fn rename_key(&mut self, to: &str) {
        let key = self.key();
        let data = self.carrier()["data"].as_object_mut().unwrap();
        let text = data.remove(&key).unwrap();
        data.insert(to.to_owned(), text);
    }

    /// Every variable of the task that names a file.
    pub(super) fn variables(&mut self) -> impl Iterator<Item = &mut Value> {
        let all = list(self.task(), "env").iter_mut();
        all.filter(|one| one["value"] == BUNDLE)
    }

    pub(super) fn variable(&mut self, name: &str) -> Option<&mut Value> {
        self.variables().find(|one| one["name"] == name)
    }

    pub(super) fn without_variable(&mut self, name: &str) {
        list(self.task(), "env").retain(|one| one["name"] != name);
    }
}

pub(super) fn list<'a>(value: &'a mut Value, field: &str) -> &'a mut Vec<Value> {
    if !value[field].is_array() {
        value[field] = json!([]);
    }
    value[field].as_array_mut().unwrap()
}

/// The mount of a container at this path.
pub(super) fn mount<'a>(container: &'a mut Value, path: &str) -> &'a mut Value {
    let mut mounts = list(container, "volumeMounts").iter_mut();
    mounts.find(|one| one["mountPath"] == path).unwrap()
}

pub(super) fn without_mount(container: &mut Value, path: &str) {
    list(container, "volumeMounts").retain(|one| one["mountPath"] != path);
}
