use fingerpost::Settings;

use crate::{args::PublishArgs, bucket, exit::Exit, printer::Printer};

pub(crate) fn run(args: &PublishArgs, mut settings: Settings, printer: &Printer) -> Result<(), Exit> {
    settings.out = args.out.clone().or(settings.out);
    let Some(out) = settings.out.clone() else { return Err(Exit::no_output_dir("publish")) };
    bucket::publish(args, &out, &settings, printer)
}
