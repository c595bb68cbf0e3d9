// Stages of a walk, with lengths in kilometers and heights in meters.
export const stages = [
  { to: "Stickle Tarn", length: 1.8, ascent: 390, descent: 0 },
  { to: "Harrison Stickle", length: 1.1, ascent: 270, descent: 10 },
  { to: "Pike o’ Stickle", length: 1.0, ascent: 90, descent: 115 },
  { to: "Stake Pass", length: 3.2, ascent: 40, descent: 270 },
  { to: "Angle Tarn", length: 2.6, ascent: 130, descent: 60 },
  { to: "Rossett Pike", length: 0.9, ascent: 85, descent: 5 },
  { to: "Old Dungeon Ghyll", length: 6.0, ascent: 20, descent: 560 },
];
