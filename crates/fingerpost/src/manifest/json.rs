//! The JSON format of manifests.

use std::{
    collections::{BTreeMap, btree_map},
    fmt::{self, Display},
    io,
    marker::PhantomData,
    sync::Arc,
};

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, value::MapAccessDeserializer},
};
use serde_json::{
    Value,
    ser::{Formatter, PrettyFormatter},
};

use super::{ComponentInfo, Entries, Entry, FileInfo, Manifest, line_format::LineFormat};
use crate::{
    error::Error, import_names::check_imports, manifest::check_name, quote::quoted,
    url::asset_path::AssetPath,
};

const VERSION: &str = "1.1";
const SCHEMA: u64 = 1;

impl Manifest {
    /// Parses a manifest. `place` is the name of the manifest in errors.
    ///
    /// Unknown keys are ignored, and `hash` is optional.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest) for
    ///
    /// - malformed JSON, or JSON that is not an object;
    /// - an unsupported `version` or `schema`;
    /// - missing `paths`, or an unsafe or duplicate path;
    /// - an entry whose asset is not in `paths`;
    /// - a component without a valid name, `files` and `sha256`;
    /// - an import map with an invalid name or path.
    pub fn parse(json: &[u8], place: &str) -> Result<Self, Error> {
        let broken = |err: &dyn Display| Error::manifest(place, format_args!("cannot be read: {err}"));
        // Serde also deserializes a struct from an array.
        if json.trim_ascii_start().first() != Some(&b'{') {
            return Err(Error::manifest(place, "is not a JSON object"));
        }
        let unsupported = |reason| Error::manifest(place, reason);
        let file = match serde_json::from_slice::<ManifestFile>(json) {
            Ok(file) => file,
            // The form of other versions is unknown.
            Err(err) => {
                let versions: Versions = serde_json::from_slice(json).map_err(|err| broken(&err))?;
                versions.check().map_err(unsupported)?;
                return Err(broken(&err));
            }
        };
        file.versions().check().map_err(unsupported)?;
        let Some(UniqueMap(paths)) = file.paths else {
            return Err(Error::manifest(place, "has no `paths`"));
        };
        let FingerpostSection {
            base_path, components, dictionaries, entries: named, files, importmap, ..
        } = file.fingerpost.map(|Object(section)| section).unwrap_or_default();
        let (UniqueMap(components), UniqueMap(named), UniqueMap(infos)) = (components, named, files);
        let importmap = check_imports(importmap.0).map_err(|err| broken(&err))?;
        components.keys().try_for_each(|name| check_name(name)).map_err(|err| broken(&err))?;
        let mut infos = infos.into_iter().peekable();
        let entry = |(path, hashed): (String, String)| {
            AssetPath::parse(&hashed)?;
            while infos.next_if(|(other, _)| *other < path).is_some() {}
            let info = infos.next_if(|(other, _)| *other == path).map(|(_, info)| info);
            Ok((AssetPath::parse(&path)?, Entry { hashed, info }))
        };
        let entries: Entries =
            paths.into_iter().map(entry).collect::<Result<_, Error>>().map_err(|err| broken(&err))?;
        check_entries(&named, &entries).map_err(|reason| Error::manifest(place, reason))?;
        let read_hash = Some(file.hash.unwrap_or_default());
        Ok(Self {
            entries: Arc::new(entries),
            base_path,
            named,
            components,
            dictionaries,
            importmap,
            read_hash,
        })
    }

    /// Returns the manifest as JSON, with sorted keys and a final line feed. A manifest with imports has one line for each
    /// asset, and other manifests are indented.
    pub fn to_json(&self) -> Vec<u8> {
        let mut json = Vec::new();
        self.write_to(&mut json).expect("writing to memory cannot fail");
        json
    }

    /// Writes the result of [`to_json`](Self::to_json) in pieces; a buffered writer is faster.
    ///
    /// # Errors
    ///
    /// Errors of the writer.
    pub fn write_to(&self, writer: impl io::Write) -> io::Result<()> {
        let has_imports = self
            .entries
            .values()
            .filter_map(|entry| entry.info.as_ref())
            .any(|info| !info.imports.is_empty());
        if has_imports { write_with_format(self, writer, LineFormat::default()) } else { write(self, writer) }
    }
}

/// Writes a value as JSON, with a final line feed.
pub(crate) fn write(value: &impl Serialize, writer: impl io::Write) -> io::Result<()> {
    write_with_format(value, writer, PrettyFormatter::new())
}

fn write_with_format(
    value: &impl Serialize,
    mut writer: impl io::Write,
    format: impl Formatter,
) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut writer, format))?;
    writer.write_all(b"\n")
}

/// Fails if an entry has no asset.
fn check_entries(named: &BTreeMap<String, AssetPath>, entries: &Entries) -> Result<(), String> {
    for (name, path) in named {
        if !entries.contains_key(path) {
            return Err(format!("has no asset {} for the entry {}", quoted(path), quoted(name)));
        }
    }
    Ok(())
}

/// The version fields.
#[derive(Deserialize)]
struct Versions {
    version: Option<Value>,
    fingerpost: Option<SchemaOnly>,
}

#[derive(Deserialize)]
struct SchemaOnly {
    schema: Option<Value>,
}

impl Versions {
    /// Fails with the reason if this program cannot read the manifest.
    fn check(self) -> Result<(), String> {
        check_version("version", self.version, &["\"1.0\"", "\"1.1\""])?;
        self.fingerpost.map_or(Ok(()), |section| check_version("schema", section.schema, &["1"]))
    }
}

fn check_version(key: &str, found: Option<Value>, supported: &[&str]) -> Result<(), String> {
    let Some(found) = found.map(|found| found.to_string()) else { return Err(format!("has no `{key}`")) };
    if supported.contains(&&*found) {
        return Ok(());
    }
    let supported = supported.join(" and ");
    Err(format!(
        "has {key} {found}; this program reads {supported}; run `fingerpost collect` again, or update the program"
    ))
}

#[derive(Deserialize)]
struct ManifestFile {
    version: Option<Value>,
    hash: Option<String>,
    paths: Option<UniqueMap<String>>,
    fingerpost: Option<Object<FingerpostSection>>,
}

impl ManifestFile {
    fn versions(&self) -> Versions {
        let section = self.fingerpost.as_ref();
        let fingerpost = section.map(|Object(section)| SchemaOnly { schema: section.schema.clone() });
        Versions { version: self.version.clone(), fingerpost }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct FingerpostSection {
    schema: Option<Value>,
    base_path: Option<String>,
    components: UniqueMap<ComponentInfo>,
    dictionaries: bool,
    importmap: UniqueMap<String>,
    entries: UniqueMap<AssetPath>,
    files: UniqueMap<FileInfo>,
}

/// A struct that is not deserialized from an array.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: de::MapAccess<'de>>(self, access: M) -> Result<Object<T>, M::Error> {
        T::deserialize(MapAccessDeserializer::new(access)).map(Object)
    }
}

/// A JSON object without duplicate keys.
pub(crate) struct UniqueMap<V>(pub(crate) BTreeMap<String, V>);

impl<V> Default for UniqueMap<V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'de, V: Deserialize<'de>> Deserialize<'de> for UniqueMap<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Self::default())
    }
}

impl<'de, V: Deserialize<'de>> de::Visitor<'de> for UniqueMap<V> {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: de::MapAccess<'de>>(mut self, mut access: M) -> Result<Self, M::Error> {
        // Sorted entries are collected in one pass: inserting each entry would move the entries before it several times.
        let mut sorted = Vec::<(String, V)>::new();
        while let Some(key) = access.next_key::<String>()? {
            if self.0.is_empty() && sorted.last().is_none_or(|(last, _)| *last < key) {
                sorted.push((key, access.next_value()?));
                continue;
            }
            self.0.extend(sorted.drain(..));
            match self.0.entry(key) {
                btree_map::Entry::Vacant(free) => drop(free.insert(access.next_value()?)),
                btree_map::Entry::Occupied(first) => {
                    let key = quoted(first.key());
                    return Err(de::Error::custom(format_args!("{key} occurs twice")));
                }
            }
        }
        Ok(if sorted.is_empty() { self } else { Self(sorted.into_iter().collect()) })
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fingerpost = FingerpostSectionOut {
            schema: SCHEMA,
            base_path: self.base_path(),
            components: &self.components,
            dictionaries: self.dictionaries,
            importmap: &self.importmap,
            entries: &self.named,
            files: &self.entries,
        };
        ManifestOut { version: VERSION, hash: self.hash(), paths: &self.entries, fingerpost }
            .serialize(serializer)
    }
}

#[derive(Serialize)]
struct ManifestOut<'a> {
    version: &'static str,
    hash: Option<String>,
    #[serde(serialize_with = "hashed_paths")]
    paths: &'a Entries,
    fingerpost: FingerpostSectionOut<'a>,
}

#[derive(Serialize)]
struct FingerpostSectionOut<'a> {
    schema: u64,
    base_path: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    components: &'a BTreeMap<String, ComponentInfo>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    dictionaries: bool,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    entries: &'a BTreeMap<String, AssetPath>,
    #[serde(serialize_with = "file_infos")]
    files: &'a Entries,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    importmap: &'a BTreeMap<String, String>,
}

fn hashed_paths<S: Serializer>(entries: &Entries, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(path, entry)| (path.as_str(), &entry.hashed)))
}

fn file_infos<S: Serializer>(entries: &Entries, serializer: S) -> Result<S::Ok, S::Error> {
    serializer
        .collect_map(entries.iter().filter_map(|(path, entry)| Some((path.as_str(), entry.info.as_ref()?))))
}
