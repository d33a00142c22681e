// The noise of a seed, number for number as NumPy draws it:
//   numpy.random.default_rng([seed, row]).standard_normal(size)
// Three steps: SeedSequence mixes the seed, PCG64 makes random bits, the ziggurat method
// (Marsaglia and Tsang, 2000) makes them normal.

const LOW64 = (1n << 64n) - 1n;
const LOW128 = (1n << 128n) - 1n;
const MULTIPLIER = 47026247687942121848144207491837523525n;

/** NumPy's SeedSequence: whole numbers below 2**32 to `count` numbers of 64 bits. */
function seedState(entropy, count) {
  const pool = new Uint32Array(4);
  let hash = 0x43b0d7e5;
  const mix = (value) => {
    value ^= hash;
    hash = Math.imul(hash, 0x931e8875);
    value = Math.imul(value, hash);
    return value ^ (value >>> 16);
  };
  const join = (x, y) => {
    const result = Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715);
    return result ^ (result >>> 16);
  };
  for (let i = 0; i < 4; i++) pool[i] = mix(i < entropy.length ? entropy[i] : 0);
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) if (from !== to) pool[to] = join(pool[to], mix(pool[from]));
  }
  hash = 0x8b51f9dd;
  const words = [];
  for (let i = 0; i < 2 * count; i++) {
    let value = pool[i % 4] ^ hash;
    hash = Math.imul(hash, 0x58f38ded);
    value = Math.imul(value, hash);
    words.push(BigInt((value ^ (value >>> 16)) >>> 0));
  }
  return Array.from({ length: count }, (_, i) => words[2 * i] | (words[2 * i + 1] << 32n));
}

/** A function that gives the next 64 random bits. */
function pcg64(entropy) {
  const [high, low, streamHigh, streamLow] = seedState(entropy, 4);
  const increment = ((((streamHigh << 64n) | streamLow) << 1n) | 1n) & LOW128;
  let state = (increment + ((high << 64n) | low)) & LOW128;
  const step = () => { state = (state * MULTIPLIER + increment) & LOW128; };
  step();
  return () => {
    step();
    const mixed = (state >> 64n) ^ (state & LOW64);
    const turn = state >> 122n;
    return ((mixed >> turn) | (mixed << (64n - turn))) & LOW64;
  };
}

// The ziggurat: 256 layers of equal area under exp(-x * x / 2), the last with the tail.
const LAYERS = 256;
const TAIL = 3.6541528853610088; // where the tail begins
const AREA = 0.00492867323399; // of a layer
const BITS = 2 ** 52;
const [WIDTH, INSIDE, HEIGHT] = (() => {
  const density = (x) => Math.exp(-0.5 * x * x);
  const edge = new Float64Array(LAYERS + 1);
  edge[LAYERS] = AREA / density(TAIL);
  edge[LAYERS - 1] = TAIL;
  for (let i = LAYERS - 2; i > 0; i--) {
    edge[i] = Math.sqrt(-2 * Math.log(AREA / edge[i + 1] + density(edge[i + 1])));
  }
  const width = new Float64Array(LAYERS);
  const inside = new Float64Array(LAYERS);
  const height = new Float64Array(LAYERS);
  width[0] = edge[LAYERS] / BITS;
  inside[0] = (TAIL / edge[LAYERS]) * BITS;
  height[0] = 1;
  for (let i = 1; i < LAYERS; i++) {
    width[i] = edge[i] / BITS;
    inside[i] = (edge[i - 1] / edge[i]) * BITS;
    height[i] = density(edge[i]);
  }
  return [width, inside, height];
})();

export function noise(seed, row, size) {
  const next = pcg64([seed, row]);
  const uniform = () => Number(next() >> 11n) / 2 ** 53;
  const normal = () => {
    for (;;) {
      const bits = next();
      const layer = Number(bits & 0xffn);
      const whole = Number((bits >> 9n) & 0xfffffffffffffn);
      const sign = (bits >> 8n) & 1n ? -1 : 1;
      const x = sign * whole * WIDTH[layer];
      if (whole < INSIDE[layer]) return x;
      if (layer === 0) {
        for (;;) {
          const beyond = -Math.log1p(-uniform()) / TAIL;
          const y = -Math.log1p(-uniform());
          if (2 * y > beyond * beyond) {
            return (whole >> 8) & 1 ? -(TAIL + beyond) : TAIL + beyond;
          }
        }
      }
      const y = (HEIGHT[layer - 1] - HEIGHT[layer]) * uniform() + HEIGHT[layer];
      if (y < Math.exp(-0.5 * x * x)) return x;
    }
  };
  return Float32Array.from({ length: size }, normal);
}
