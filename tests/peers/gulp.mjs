// Runs gulp-rev and gulp-rev-rewrite, combined as in their READMEs: `gulp.mjs SOURCE OUT`.
import gulp from 'gulp';
import rev from 'gulp-rev';
import revRewrite from 'gulp-rev-rewrite';

const [source, out] = process.argv.slice(2);
await new Promise((resolve, reject) => {
  gulp.src(`${source}/**/*`, { encoding: false, nodir: true })
    .on('error', reject)
    .pipe(rev()).on('error', reject)
    .pipe(revRewrite()).on('error', reject)
    .pipe(gulp.dest(out)).on('error', reject)
    .on('finish', resolve);
});
