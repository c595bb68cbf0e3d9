//! Runs the encoders alone, on all cores, so that `tests/peers/collect` can measure the process: compresses the files of
//! an output directory of `collect --compress gzip:9,br:11,dcz` in memory, and makes the deltas of the current manifest.
//!
//! The duration of the process is the lower bound for `collect`. Usage:
//! `cargo bench --features brotli,zstd --bench encoders -- OUT`.
#![allow(missing_docs, clippy::print_stdout, reason = "prints a message if the argument is missing")]

use std::{
    collections::{BTreeMap, HashMap},
    env, fs,
    io::Write as _,
    path::Path,
};

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use fingerpost::{
    DirStore, Store as _,
    manifest::{Digest, Encoding, Manifest, Release},
};
use flate2::{Compression, write::GzEncoder};
use rayon::prelude::*;
use zstd::zstd_safe::{CCtx, CParameter, compress_bound};

fn main() {
    // Ignores the flags that Cargo adds.
    let Some(out) = env::args().skip(1).find(|arg| !arg.starts_with('-')) else {
        return println!(
            "no output directory is set; pass an output directory of `collect --compress gzip:9,br:11`"
        );
    };
    let json = fs::read(Path::new(&out).join("staticfiles.json")).expect("a readable manifest");
    let manifest = Manifest::parse(&json, &out).expect("a valid manifest");
    let mut jobs = BTreeMap::new();
    for (_, entry) in &manifest {
        let info = entry.info.as_ref().expect("a manifest of collect");
        for (encoding, variant) in &info.encodings {
            // The largest files are compressed first, and equal files are compressed once, as in `collect`.
            jobs.insert((info.size, info.sha256.to_string(), encoding), (&entry.hashed, variant.size));
        }
    }
    let read = |hashed: &str| fs::read(Path::new(&out).join(hashed)).expect("a hashed file");
    jobs.into_iter().rev().par_bridge().for_each(|((.., encoding), (hashed, size))| {
        assert_eq!(encode(encoding, &read(hashed)).len() as u64, size, "{encoding} of {hashed}");
    });
    let versions = versions(&out);
    let mut deltas = Vec::new();
    for (_, entry) in &manifest {
        let info = entry.info.as_ref().expect("a manifest of collect");
        deltas.extend(info.deltas.iter().map(|delta| (info.size, &entry.hashed, delta)));
    }
    deltas.sort_by_key(|(size, ..)| *size);
    deltas.into_iter().rev().par_bridge().for_each(|(_, hashed, delta)| {
        let frame = encode_delta(&read(&versions[&delta.from]), &read(hashed));
        assert_eq!(40 + frame.len() as u64, delta.size, "delta of {hashed}");
    });
}

/// Returns the hashed path of each file in the releases, by digest.
fn versions(out: &str) -> HashMap<Digest, String> {
    let store = DirStore::new(out);
    let mut versions = HashMap::new();
    for number in store.releases().expect("a list of releases") {
        let json = fs::read(Path::new(out).join(Release::file_name(number))).expect("a release");
        let release = Release::parse(&json, number, out).expect("a valid release");
        let files = release.manifest.iter();
        versions
            .extend(files.filter_map(|(_, entry)| Some((entry.info.as_ref()?.sha256, entry.hashed.clone()))));
    }
    versions
}

/// Makes a delta of files with a total length of at most 8 MiB, at the default level.
fn encode_delta(old: &[u8], new: &[u8]) -> Vec<u8> {
    let window_log = (old.len() + new.len()).next_power_of_two().trailing_zeros().max(10);
    let mut encoder = CCtx::create();
    let level = CParameter::CompressionLevel(Encoding::Dcz.default_level().into());
    for parameter in [level, CParameter::WindowLog(window_log)] {
        encoder.set_parameter(parameter).expect("a valid parameter");
    }
    encoder.ref_prefix(old).expect("a prefix");
    let mut frame = Vec::with_capacity(compress_bound(new.len()));
    encoder.compress2(&mut frame, new).expect("a compressed frame");
    frame
}

fn encode(encoding: &str, bytes: &[u8]) -> Vec<u8> {
    if encoding == "gzip" {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::new(9));
        encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("writing to memory succeeds")
    } else {
        let params = BrotliEncoderParams { quality: 11, size_hint: bytes.len(), ..Default::default() };
        let mut encoder = CompressorWriter::with_params(Vec::new(), 256 * 1024, &params);
        encoder.write_all(bytes).expect("writing to memory succeeds");
        encoder.into_inner()
    }
}
