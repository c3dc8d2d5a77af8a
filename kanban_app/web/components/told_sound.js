// Two short notes, made here: rising for what has gone well, falling for what has not, the same twice for the rest.

const NOTES = { finished: [660, 880], failed: [440, 330] };
const OTHERS = [587, 587];
const LENGTH_S = 0.16;
const LOUDEST = 0.4;

let context = null;

const note = (frequency, start, volume) => {
  const tone = context.createOscillator();
  const gain = context.createGain();
  tone.frequency.value = frequency;
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(volume * LOUDEST, start + 0.015);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + LENGTH_S);
  tone.connect(gain).connect(context.destination);
  tone.start(start);
  tone.stop(start + LENGTH_S);
};

export const play = async (kind, volume) => {
  if (volume <= 0) return;
  context ??= new AudioContext();
  await context.resume();
  (NOTES[kind] ?? OTHERS).forEach((frequency, place) => note(frequency, context.currentTime + place * LENGTH_S, volume));
};
