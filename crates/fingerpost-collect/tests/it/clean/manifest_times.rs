use std::{
    fs::{self, File},
    time::{Duration, SystemTime},
};

use super::{DAY, assert_kept_with_warning, by_age, model::make_manifest_older, monthly, put_back};
use crate::site::Site;

/// A copy of the manifest replaces the manifest that was put back meanwhile.
fn copy_and_move_back(site: &Site, modified: Option<SystemTime>) {
    let [file, copy] = ["out/staticfiles.json", "copy.json"].map(|path| site.path(path));
    let modified = modified.unwrap_or_else(|| fs::metadata(&file).unwrap().modified().unwrap());
    fs::copy(&file, &copy).unwrap();
    File::options().append(true).open(&copy).unwrap().set_modified(modified).unwrap();
    put_back(site, 1);
    fs::rename(&copy, &file).unwrap();
}

#[cfg(unix)]
#[test]
fn copy_of_the_manifest_moved_back_retains_all_releases_for_the_age() {
    let days_ago = |days| SystemTime::now() - Duration::from_secs(days * DAY);
    for (days, cause) in [(None, ATTRIBUTES), (Some(9), WRITTEN), (Some(300), WRITTEN)] {
        let site = monthly();
        make_manifest_older(&site, 20 * DAY);
        copy_and_move_back(&site, days.map(days_ago));
        let kept = "each release may have been current until then, so 3 old releases are kept";
        let warning = format!("{} {cause}; {kept}", site.shown("out/staticfiles.json"));
        assert_kept_with_warning(&by_age(&site), &warning);
    }
}

#[cfg(unix)]
const ATTRIBUTES: &str = "was moved, or its owner, mode or links were changed";
#[cfg(unix)]
const WRITTEN: &str = "was written or moved by something other than `collect` and `clean`";

#[cfg(unix)]
#[test]
fn changed_mode_of_the_manifest_alone_is_reported_as_such() {
    use std::os::unix::fs::PermissionsExt as _;

    let site = monthly();
    let file = site.path("out/staticfiles.json");
    super::until_changed(&file, || fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap());
    let kept = "each release may have been current until then, so 3 old releases are kept";
    let warning = format!("{} {ATTRIBUTES}; {kept}", site.shown("out/staticfiles.json"));
    assert_kept_with_warning(&by_age(&site), &warning);
}
