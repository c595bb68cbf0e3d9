//! Measures the encoders alone, on all cores: compresses the files of an output directory of
//! `collect --compress gzip:9,br:11` in memory.
//!
//! The duration is the lower bound for `collect`. Usage: `cargo bench --features brotli --bench encoders -- OUT`.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench prints a message")]

use std::{collections::BTreeMap, env, fs, io::Write as _, path::Path};

use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use fingerpost::manifest::Manifest;
use flate2::{Compression, write::GzEncoder};
use rayon::prelude::*;

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
            // The largest files are first, and equal files are compressed once, as in `collect`.
            jobs.insert((info.size, info.sha256.to_string(), encoding), (&entry.hashed, variant.size));
        }
    }
    jobs.into_iter().rev().par_bridge().for_each(|((.., encoding), (hashed, size))| {
        let bytes = fs::read(Path::new(&out).join(hashed)).expect("a hashed file");
        assert_eq!(encode(encoding, &bytes).len() as u64, size, "{encoding} of {hashed}");
    });
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
