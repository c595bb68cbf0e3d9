use std::{
    collections::BTreeMap,
    mem::take,
    time::{SystemTime, UNIX_EPOCH},
};

use fingerpost::manifest::{MANIFEST_NAME, Manifest, Release};

use crate::{
    diagnostics::{
        collector::Diagnostics,
        problem::{ErrorKind, Problem},
    },
    output::{Output, history::History, staging::Staged},
    pipeline::{
        asset::Asset,
        compress::Variants,
        import_releases::ImportedReleases,
        run_context::{Components, Run},
    },
};

/// Asset path → the asset paths it refers to.
pub(crate) type References = BTreeMap<String, Vec<String>>;

/// The manifest that names these assets and components.
pub(crate) fn make_manifest(run: &Run<'_>, assets: &[Asset], components: Components) -> Manifest {
    let mut manifest = Manifest::new(run.options.base.path());
    for (name, info) in components {
        manifest.insert_component(name, info);
    }
    for Asset { path, hashed, info, .. } in assets {
        manifest.insert(path.clone(), hashed.as_str(), info.clone());
    }
    manifest
}

/// What has to be written so that a manifest comes into force.
pub(crate) struct Publication {
    /// Files of releases that are taken over.
    files: Vec<Staged>,
    releases: Vec<Release>,
    /// How many of the releases are taken over.
    kept: usize,
    manifest: Manifest,
    /// The release that records the manifest that is replaced, if the newest one did not hold that.
    recorded: Option<u64>,
    /// The release that holds the manifest, if that comes into force without being new.
    adopted: Option<u64>,
    /// `true` if the recorded times of the manifest stay as they are, because it is edited.
    keeps_trace: bool,
}

/// The numbers of releases, as a report tells them.
pub(crate) struct Numbers {
    pub(crate) kept: Vec<u64>,
    pub(crate) recorded: Option<u64>,
    pub(crate) release: Option<u64>,
    pub(crate) adopted: Option<u64>,
}

/// The assets that are not in their places yet.
pub(crate) struct Files {
    hashed: Vec<Staged>,
    originals: Vec<Staged>,
}

impl Files {
    pub(crate) fn from_assets(assets: Vec<Asset>) -> Self {
        let (mut hashed, mut originals) = (Vec::new(), Vec::new());
        for Asset { staged, original, .. } in assets {
            hashed.extend(staged);
            originals.extend(original);
        }
        Self { hashed, originals }
    }
}

/// What is written last.
struct Records {
    releases: Vec<Option<Staged>>,
    manifest: Option<Staged>,
}

impl Publication {
    /// Numbers what has no number yet: the manifest in the earlier output directory and the one in force, each if no release
    /// holds it, and then `manifest` with its references, unless it is in force. The manifest in force gets a new number as
    /// well if only older releases than the newest hold it.
    pub(crate) fn plan(
        manifest: Manifest,
        references: References,
        kept: ImportedReleases,
        run: &Run<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<Self, Problem> {
        let (here, there) = (run.history.manifest(), kept.current.as_ref());
        let is_edited = if here.is_some() { run.output.change.edited().is_some() } else { kept.is_edited };
        let (files, releases) = (kept.staged, kept.releases);
        let kept = releases.len();
        let mut numbering = Numbering::new(&run.history, releases);
        let number_there = numbering.remember(there, &run.history, diagnostics)?;
        let remembered = numbering.releases.len();
        let number_here = numbering.number_in_force(&run.history, diagnostics)?;
        let is_recorded = numbering.releases.len() > remembered && !run.history.numbers.is_empty();
        let (in_force, number) = here.map_or((there, number_there), |here| (Some(here), number_here));
        let is_newest = number == numbering.last;
        // The recorded release replaces all before it.
        let is_uncertain = (is_edited && !is_recorded) || (here.is_none() && !is_newest);
        let replaces = if is_uncertain { number.min(numbering.oldest) } else { number };
        let is_changed = in_force != Some(&manifest);
        // Otherwise the manifest would count as put back in the next run, or nothing would show here that it is edited there.
        if is_changed || !is_newest || (here.is_none() && is_edited) {
            numbering.publish(&manifest, references, replaces)?;
        }
        let releases = numbering.releases;
        let recorded = (is_recorded && is_changed).then_some(number);
        let adopted = (here.is_none() && releases.len() == kept).then_some(number);
        let keeps_trace = is_edited && releases.len() == kept;
        Ok(Self { files, releases, kept, manifest, recorded, adopted, keeps_trace })
    }

    /// The releases that are taken over and were not here, and the one that is new, if there is any.
    pub(crate) fn numbers(&self, history: &History<'_>) -> Numbers {
        let (kept, new) = self.releases.split_at(self.kept);
        let kept = kept.iter().map(|release| release.number);
        let kept = kept.filter(|number| !history.numbers.contains(number)).collect();
        let release = new.last().map(|release| release.number);
        Numbers { kept, recorded: self.recorded, release, adopted: self.adopted }
    }

    /// Stages the releases, and the manifest if it has a new release or its file is to be another.
    fn records(&self, run: &Run<'_>) -> Result<Records, Problem> {
        let release = |release| stage_release(release, &run.output);
        let releases = self.releases.iter().map(release).collect::<Result<_, _>>()?;
        let is_there = run.history.current.as_ref().is_some_and(|current| current.is(&self.manifest));
        let is_published = self.releases.len() > self.kept;
        let manifest =
            if is_there && !is_published { None } else { stage_manifest(&self.manifest, &run.output)? };
        Ok(Records { releases, manifest })
    }

    /// Puts everything in its place: first the files, then the releases that name them, and the manifest last, if it
    /// differs.
    pub(crate) fn write(self, files: Files, mut variants: Variants, run: &Run<'_>) -> Result<(), Problem> {
        let (records, keeps_trace) = (self.records(run)?, self.keeps_trace);
        variants.withdraw_record(run)?;
        let hashed = files.hashed.into_iter().chain(take(&mut variants.hashed));
        run.output.publish(self.files.into_iter().chain(hashed).collect())?;
        variants.remove_leftovers(run)?;
        let originals = files.originals.into_iter().chain(take(&mut variants.plain));
        run.output.publish(originals.collect())?;
        variants.remember(run)?;
        let mut releases = records.releases.into_iter().flatten();
        releases.try_for_each(|record| run.output.staging.publish_record(record))?;
        records.manifest.map_or(Ok(()), |manifest| run.output.publish_manifest(manifest, keeps_trace))
    }
}

fn stage_release(release: &Release, output: &Output) -> Result<Option<Staged>, Problem> {
    output.staging.stage_record(&Release::file_name(release.number), |file| release.write_to(file))
}

fn stage_manifest(manifest: &Manifest, output: &Output) -> Result<Option<Staged>, Problem> {
    output.staging.stage_record(MANIFEST_NAME.as_ref(), |file| manifest.write_to(file))
}

/// Returns the manifest in force as the release that records it for later commands. None if the newest release holds it.
pub(crate) fn recorded(
    history: &History<'_>,
    diagnostics: &mut Diagnostics,
) -> Result<Option<Release>, Problem> {
    if history.numbers.is_empty() {
        return Ok(None);
    }
    let mut numbering = Numbering::new(history, Vec::new());
    numbering.number_in_force(history, diagnostics)?;
    Ok(numbering.releases.pop())
}

/// Writes such a release.
pub(crate) fn record(release: &Release, output: &Output) -> Result<(), Problem> {
    let (staged, manifest) = (stage_release(release, output)?, stage_manifest(&release.manifest, output)?);
    staged.map_or(Ok(()), |staged| output.staging.publish_record(staged))?;
    manifest.map_or(Ok(()), |manifest| output.publish_manifest(manifest, false))
}

/// Gives numbers to releases, from the last one on.
struct Numbering {
    releases: Vec<Release>,
    oldest: u64,
    last: u64,
    now: u64,
}

impl Numbering {
    fn new(history: &History<'_>, kept: Vec<Release>) -> Self {
        let numbers = kept.iter().map(|release| release.number).chain(history.numbers.iter().copied());
        let (oldest, last) = (numbers.clone().min().unwrap_or(0), numbers.max().unwrap_or(0));
        // A clock before 1970 tells nothing.
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        Self { releases: kept, oldest, last, now }
    }

    /// The number of the newest release that holds a manifest, which gets one if there is none; 0 for no manifest.
    fn remember(
        &mut self,
        manifest: Option<&Manifest>,
        history: &History<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<u64, Problem> {
        let Some(manifest) = manifest else { return Ok(0) };
        let holder = history.holder(manifest, diagnostics).map(|release| release.number);
        let number = holder.max(self.holder(manifest));
        number.map_or_else(|| self.publish(manifest, References::new(), 0), Ok)
    }

    /// The number of the newest release if that holds the manifest in force, which gets a number otherwise; 0 for no manifest.
    fn number_in_force(
        &mut self,
        history: &History<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Result<u64, Problem> {
        let Some(manifest) = history.manifest() else { return Ok(0) };
        let holder = history.holder(manifest, diagnostics);
        let held_by = holder.as_ref().map(|release| release.number);
        if held_by == history.numbers.last().copied()
            && let Some(number) = held_by.max(self.holder(manifest))
        {
            return Ok(number);
        }
        let references = holder.map_or_else(References::new, |release| release.references);
        self.publish(manifest, references, self.oldest)
    }

    /// The newest of these releases that holds a manifest.
    fn holder(&self, manifest: &Manifest) -> Option<u64> {
        let holder = self.releases.iter().rev().find(|release| release.manifest == *manifest);
        holder.map(|release| release.number)
    }

    fn publish(
        &mut self,
        manifest: &Manifest,
        references: References,
        replaces: u64,
    ) -> Result<u64, Problem> {
        let number = self.last.checked_add(1).ok_or_else(|| {
            Problem::new(ErrorKind::Manifest, format!("there is no number after release {}", self.last))
        })?;
        self.last = number;
        let mut release = Release::new(manifest.clone());
        (release.number, release.published, release.replaces) = (number, self.now, replaces);
        release.references = references;
        self.releases.push(release);
        Ok(number)
    }
}
