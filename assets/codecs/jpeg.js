// What a JPEG of a picture shows, computed without making the JPEG: entropy coding is lossless, so the pixels of every quality follow
// from the picture by integer arithmetic alone. The steps are those of ITU-T T.81 with the choices of libjpeg-turbo 3
// (jccolor, jcsample, jfdctint, jcdctmgr, jidctint, jdsample, jdcolor: "islow" transforms, fancy upsampling), as Pillow uses it.
// `prepare` goes from pixels to unquantised coefficients, once for a picture; `frame` from there to one quality's pixels.

/** T.81 Annex K, Tables K.1 and K.2: the quantisers of luminance and chrominance at quality 50, row by row. */
const LUMINANCE = [
  16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
  18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
];
const CHROMINANCE = [
  17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
  99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
];

/** Chroma's share of luma's columns and rows, as log2. */
const SAMPLINGS = { "4:4:4": { x: 0, y: 0 }, "4:2:2": { x: 1, y: 0 }, "4:2:0": { x: 1, y: 1 } };

// The multipliers of the transforms (Loeffler, Ligtenberg and Moschytz 1989): FIX(c) = round(c * 2^13). With k(n) = sqrt(2) cos(n pi / 16):
const FIX_0_298 = 2446; //  -k1 + k3 + k5 - k7
const FIX_0_390 = 3196; //   k3 - k5
const FIX_0_541 = 4433; //   k6
const FIX_0_765 = 6270; //   k2 - k6
const FIX_0_899 = 7373; //   k3 - k7
const FIX_1_175 = 9633; //   k3
const FIX_1_501 = 12299; //  k1 + k3 - k5 - k7
const FIX_1_847 = 15137; //  k2 + k6
const FIX_1_961 = 16069; //  k3 + k5
const FIX_2_053 = 16819; //  k1 + k3 - k5 + k7
const FIX_2_562 = 20995; //  k1 + k3
const FIX_3_072 = 25172; //  k1 + k3 + k5 - k7

/**
 * One of Y, Cb, Cr. Coefficients lie block after block, in a block column after column.
 * @typedef {object} Component
 * @property {number} width its own samples across, without padding
 * @property {number} height
 * @property {number} across blocks
 * @property {number} down
 * @property {Int16Array} coefficients half of the true DCT's, 64 a block: |F| >> 2 of libjpeg's F, with F's sign
 * @property {Uint8Array} columnFrom for each column, the lowest quality that leaves it more than its first row; 255: none
 * @property {Uint8Array} blockFrom for each block, the lowest quality that leaves it more than DC; 255: none
 * @property {Uint8ClampedArray} samples decoded, across * 8 in a row; written anew by each frame
 * @property {number[]} base quantisers at quality 50
 *
 * @typedef {object} Prepared
 * @property {number} width
 * @property {number} height
 * @property {{x: number, y: number}} sampling
 * @property {Component[]} components Y, Cb, Cr
 */

/**
 * Everything that does not depend on the quality.
 * @param {Uint8Array|Uint8ClampedArray} pixels RGB, or RGBA whose alpha is not looked at
 * @param {number} width
 * @param {number} height
 * @param {"4:4:4"|"4:2:2"|"4:2:0"} subsampling
 * @returns {Prepared}
 */
export function prepare(pixels, width, height, subsampling) {
  const sampling = SAMPLINGS[subsampling];
  const components = [0, 1, 2].map((number) => {
    const { x, y } = number ? sampling : SAMPLINGS["4:4:4"];
    const component = blocks((width + x) >> x, (height + y) >> y, number ? CHROMINANCE : LUMINANCE);
    const full = convert(pixels, width, height, number, (component.across * 8) << x);
    transform(component, halve(full, component, height, x, y));
    return component;
  });
  return { width, height, sampling, components };
}

/**
 * A picture as the JPEG of this quality shows it.
 * @param {Prepared} prepared
 * @param {number} quality 1 to 100
 * @returns {Uint8ClampedArray<ArrayBuffer>} RGBA, opaque
 */
export function frame(prepared, quality) {
  for (const component of prepared.components) restore(component, quality);
  return colour(prepared);
}

/**
 * The quantisers of a quality, column by column: T.81 leaves scaling open, this is libjpeg's (jcparam.c), clamped as for baseline.
 * @param {number[]} base
 * @param {number} quality
 */
export function quantisers(base, quality) {
  const scale = quality < 50 ? Math.floor(5000 / quality) : 200 - 2 * quality;
  return Int32Array.from(base, (_, place) => {
    const scaled = Math.floor((base[(place & 7) * 8 + (place >> 3)] * scale + 50) / 100);
    return Math.min(Math.max(scaled, 1), 255);
  });
}

/** @type {(width: number, height: number, base: number[]) => Component} */
function blocks(width, height, base) {
  const across = (width + 7) >> 3;
  const down = (height + 7) >> 3;
  return {
    ...{ width, height, across, down, base },
    coefficients: new Int16Array(across * down * 64),
    columnFrom: new Uint8Array(across * down * 8),
    blockFrom: new Uint8Array(across * down),
    samples: new Uint8ClampedArray(across * down * 64),
  };
}

/**
 * One component at full size: Y, Cb or Cr of T.871 (JFIF), FIX(c) = round(c * 2^16). Rows are extended by their last sample.
 * Chroma is rounded down at one half: 2^15 - 1 instead of 2^15 keeps its largest value at 255.
 * @param {Uint8Array|Uint8ClampedArray} pixels
 * @param {number} width
 * @param {number} height
 * @param {number} number
 * @param {number} stride length of the extended row
 */
function convert(pixels, width, height, number, stride) {
  const plane = new Uint8Array(stride * height);
  const step = pixels.length / (width * height);
  const red = [19595, -11059, 32768][number]; // 0.299, -0.168735892, 0.5
  const green = [38470, -21709, -27439][number]; // 0.587, -0.331264108, -0.418687589
  const blue = [7471, 32768, -5329][number]; // 0.114, 0.5, -0.081312411
  const offset = number ? (128 << 16) + 32767 : 32768;
  for (let y = 0, from = 0; y < height; y += 1) {
    const start = y * stride;
    for (let x = 0; x < width; x += 1, from += step) {
      plane[start + x] = (red * pixels[from] + green * pixels[from + 1] + blue * pixels[from + 2] + offset) >> 16;
    }
    plane.fill(plane[start + width - 1], start + width, start + stride);
  }
  return plane;
}

/**
 * A component's own samples, whole blocks. Averages round up and down in turn along a row; below the picture an odd
 * last row counts twice, then the last averaged row is repeated.
 * @param {Uint8Array} full extended to the right
 * @param {Component} component
 * @param {number} height of the picture
 * @param {number} x
 * @param {number} y
 */
function halve(full, component, height, x, y) {
  const stride = component.across * 8;
  const plane = new Uint8Array(stride * component.down * 8);
  for (let row = 0; row < component.height; row += 1) {
    const to = row * stride;
    const upper = (row << y) * (stride << x);
    const lower = Math.min((row << y) + y, height - 1) * (stride << x);
    if (!x) plane.set(full.subarray(upper, upper + stride), to);
    for (let column = 0, bias = 1; x && column < stride; column += 1, bias ^= 3) {
      const left = 2 * column;
      plane[to + column] = y
        ? (full[upper + left] + full[upper + left + 1] + full[lower + left] + full[lower + left + 1] + bias) >> 2
        : (full[upper + left] + full[upper + left + 1] + (bias >> 1)) >> 1;
    }
  }
  const last = (component.height - 1) * stride;
  for (let row = component.height; row < component.down * 8; row += 1) plane.copyWithin(row * stride, last, last + stride);
  return plane;
}

/**
 * Forward DCT of every block (T.81 A.3.3), and from which quality on its columns have something to restore.
 * @param {Component} component
 * @param {Uint8Array} plane
 */
function transform(component, plane) {
  const { across, down, coefficients, columnFrom, blockFrom } = component;
  const stride = across * 8;
  const block = new Int32Array(64);
  const lowest = lowestQualities(component.base);
  for (let number = 0; number < across * down; number += 1) {
    const origin = Math.floor(number / across) * 8 * stride + (number % across) * 8;
    for (let row = 0; row < 8; row += 1) {
      for (let column = 0; column < 8; column += 1) block[row * 8 + column] = plane[origin + row * stride + column] - 128;
    }
    for (let row = 0; row < 8; row += 1) forward(block, row * 8, 1, 2, 11);
    for (let column = 0; column < 8; column += 1) forward(block, column, 8, -2, 15);
    let whole = 255;
    for (let column = 0; column < 8; column += 1) {
      let from = 255;
      for (let row = 0; row < 8; row += 1) {
        const value = block[row * 8 + column];
        const place = column * 8 + row;
        const magnitude = Math.abs(value) >> 2;
        coefficients[number * 64 + place] = value < 0 ? -magnitude : magnitude;
        const quality = lowest[(place << 8) | Math.min(magnitude, 255)];
        if (row) from = Math.min(from, quality);
        else if (column) whole = Math.min(whole, quality);
      }
      columnFrom[number * 8 + column] = from;
      whole = Math.min(whole, from);
    }
    blockFrom[number] = whole;
  }
}

/**
 * For each place in a block and magnitude |F| >> 2 up to 255, the lowest quality at which it is not quantised to 0: where the
 * quantiser is no larger than it. 255: at none.
 * @param {number[]} base
 */
function lowestQualities(base) {
  const lowest = new Uint8Array(64 * 256).fill(255);
  for (let quality = 100; quality >= 1; quality -= 1) {
    const table = quantisers(base, quality);
    for (let place = 0; place < 64; place += 1) lowest.fill(quality, (place << 8) | table[place], (place + 1) << 8);
  }
  return lowest;
}

/**
 * Eight samples to eight coefficients, in place (jfdctint.c). The first pass keeps two more bits, the second takes them back:
 * coefficients 0 and 4 need no multiplication, the others round off `shift` bits.
 * @param {Int32Array} block
 * @param {number} at
 * @param {number} step
 * @param {number} extra 2: bits kept; -2: taken back
 * @param {number} shift
 */
function forward(block, at, step, extra, shift) {
  const half = 1 << (shift - 1);
  const i1 = at + step;
  const i2 = at + 2 * step;
  const i3 = at + 3 * step;
  const i4 = at + 4 * step;
  const i5 = at + 5 * step;
  const i6 = at + 6 * step;
  const i7 = at + 7 * step;
  const s07 = block[at] + block[i7];
  const s16 = block[i1] + block[i6];
  const s25 = block[i2] + block[i5];
  const s34 = block[i3] + block[i4];
  let d07 = block[at] - block[i7];
  let d16 = block[i1] - block[i6];
  let d25 = block[i2] - block[i5];
  let d34 = block[i3] - block[i4];
  const even = s07 + s34 + (s16 + s25);
  const odd = s07 + s34 - (s16 + s25);
  block[at] = extra > 0 ? even << 2 : (even + 2) >> 2;
  block[i4] = extra > 0 ? odd << 2 : (odd + 2) >> 2;
  const turn = (s16 - s25 + s07 - s34) * FIX_0_541;
  block[i2] = (turn + (s07 - s34) * FIX_0_765 + half) >> shift;
  block[i6] = (turn - (s16 - s25) * FIX_1_847 + half) >> shift;
  const z1 = (d34 + d07) * -FIX_0_899;
  const z2 = (d25 + d16) * -FIX_2_562;
  const z5 = (d34 + d16 + d25 + d07) * FIX_1_175;
  const z3 = (d34 + d16) * -FIX_1_961 + z5;
  const z4 = (d25 + d07) * -FIX_0_390 + z5;
  d34 *= FIX_0_298;
  d25 *= FIX_2_053;
  d16 *= FIX_3_072;
  d07 *= FIX_1_501;
  block[i7] = (d34 + z1 + z3 + half) >> shift;
  block[i5] = (d25 + z2 + z4 + half) >> shift;
  block[i3] = (d16 + z2 + z3 + half) >> shift;
  block[i1] = (d07 + z1 + z4 + half) >> shift;
}

/**
 * Quantise, dequantise and transform back every block of a component into its samples (T.81 A.3.4, A.3.3). Their array clamps
 * them to 0..255, as T.81 A.3.1 and SIMD code do; libjpeg's C code wraps beyond -384..639.
 * @param {Component} component
 * @param {number} quality
 */
function restore(component, quality) {
  const { across, down, coefficients, columnFrom, blockFrom, samples } = component;
  const stride = across * 8;
  const table = quantisers(component.base, quality);
  const inverses = table.map((quantiser) => Math.ceil(2 ** 19 / quantiser));
  const block = new Int32Array(64);
  for (let number = 0; number < across * down; number += 1) {
    const origin = Math.floor(number / across) * 8 * stride + (number % across) * 8;
    if (quality < blockFrom[number]) {
      const level = ((quantised(coefficients[number * 64], table[0], inverses[0]) + 4) >> 3) + 128;
      for (let row = 0; row < 8; row += 1) samples.fill(level, origin + row * stride, origin + row * stride + 8);
      continue;
    }
    for (let column = 0; column < 8; column += 1) {
      const at = column * 8;
      const from = number * 64 + at;
      if (quality < columnFrom[number * 8 + column]) {
        const value = quantised(coefficients[from], table[at], inverses[at]) << 2;
        for (let row = 0; row < 8; row += 1) block[row * 8 + column] = value;
      } else {
        for (let row = 0; row < 8; row += 1) {
          block[row * 8 + column] = quantised(coefficients[from + row], table[at + row], inverses[at + row]);
        }
        inverse(block, column, 8, 1 << 10, 11);
      }
    }
    for (let row = 0; row < 8; row += 1) {
      const to = origin + row * stride;
      inverse(block, row * 8, 1, (128 << 18) + (1 << 17), 18);
      for (let column = 0; column < 8; column += 1) samples[to + column] = block[row * 8 + column];
    }
  }
}

/**
 * A coefficient as the decoder has it: divided by the quantiser, rounded half away from zero, multiplied again.
 * Of g = |F| >> 2, floor((g + q) / (2 q)) is ((g + q) >> 1) * ceil(2^19 / q) >> 19 for all q up to 255 and g up to 4096.
 * @param {number} coefficient
 * @param {number} quantiser
 * @param {number} inverse
 */
function quantised(coefficient, quantiser, inverse) {
  return coefficient < 0
    ? -Math.imul(Math.imul((quantiser - coefficient) >> 1, inverse) >> 19, quantiser)
    : Math.imul(Math.imul((quantiser + coefficient) >> 1, inverse) >> 19, quantiser);
}

/**
 * Eight coefficients to eight samples, in place (jidctint.c). The first pass keeps two more bits, the second takes them back, and
 * what was taken off for the forward transform is added again.
 * @param {Int32Array} block
 * @param {number} at
 * @param {number} step
 * @param {number} offset half of what is rounded off, and the samples' middle
 * @param {number} shift bits rounded off
 */
function inverse(block, at, step, offset, shift) {
  const i1 = at + step;
  const i2 = at + 2 * step;
  const i3 = at + 3 * step;
  const i4 = at + 4 * step;
  const i5 = at + 5 * step;
  const i6 = at + 6 * step;
  const i7 = at + 7 * step;
  const f1 = block[i1];
  const f2 = block[i2];
  const f3 = block[i3];
  const f5 = block[i5];
  const f6 = block[i6];
  const f7 = block[i7];
  const turn = Math.imul(f2 + f6, FIX_0_541);
  const low = turn + Math.imul(f2, FIX_0_765);
  const high = turn - Math.imul(f6, FIX_1_847);
  const sum = ((block[at] + block[i4]) << 13) + offset;
  const difference = ((block[at] - block[i4]) << 13) + offset;
  const z1 = Math.imul(f7 + f1, -FIX_0_899);
  const z2 = Math.imul(f5 + f3, -FIX_2_562);
  const z5 = Math.imul(f7 + f3 + f5 + f1, FIX_1_175);
  const z3 = Math.imul(f7 + f3, -FIX_1_961) + z5;
  const z4 = Math.imul(f5 + f1, -FIX_0_390) + z5;
  const o3 = Math.imul(f7, FIX_0_298) + z1 + z3;
  const o2 = Math.imul(f5, FIX_2_053) + z2 + z4;
  const o1 = Math.imul(f3, FIX_3_072) + z2 + z3;
  const o0 = Math.imul(f1, FIX_1_501) + z1 + z4;
  block[at] = (sum + low + o0) >> shift;
  block[i7] = (sum + low - o0) >> shift;
  block[i1] = (difference + high + o1) >> shift;
  block[i6] = (difference + high - o1) >> shift;
  block[i2] = (difference - high + o2) >> shift;
  block[i5] = (difference - high - o2) >> shift;
  block[i3] = (sum - low + o3) >> shift;
  block[i4] = (sum - low - o3) >> shift;
}

/**
 * All components at full size, as RGB.
 * @param {Prepared} prepared
 */
function colour({ width, height, sampling, components: [luma, cb, cr] }) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  const blues = new Uint8Array(cb.across * 16);
  const reds = new Uint8Array(cr.across * 16);
  for (let y = 0; y < height; y += 1) {
    upsample(cb, y, sampling, blues);
    upsample(cr, y, sampling, reds);
    colourRow(luma.samples, y * luma.across * 8, blues, reds, pixels, y * width * 4, width);
  }
  return pixels;
}

/**
 * A full-size row of a chroma component (jdsample.c): where it has more than two columns by a triangle filter, 3 to 1 along and
 * across, else each sample twice. Beyond its own edges, not those of its padded blocks, the last sample goes on. Ties go up and
 * down in turn, as libjpeg has it: 8 and 7 of 16, or 1 and 2 of 4 where rows are not halved.
 * @param {Component} component
 * @param {number} y
 * @param {{x: number, y: number}} sampling
 * @param {Uint8Array} row
 */
function upsample(component, y, sampling, row) {
  const { width, height, samples } = component;
  const stride = component.across * 8;
  const near = (y >> sampling.y) * stride;
  if (!sampling.x) {
    row.set(samples.subarray(near, near + width));
  } else if (width <= 2) {
    for (let x = 0; x < 2 * width; x += 1) row[x] = samples[near + (x >> 1)];
  } else {
    const far = sampling.y ? Math.min(Math.max((y >> 1) + (y & 1 ? 1 : -1), 0), height - 1) * stride : near;
    const [before, after] = sampling.y ? [8, 7] : [4, 8];
    let here = 3 * samples[near] + samples[far];
    let left = here;
    for (let x = 0; x < width; x += 1) {
      const right = x + 1 < width ? 3 * samples[near + x + 1] + samples[far + x + 1] : here;
      row[2 * x] = (3 * here + left + before) >> 4;
      row[2 * x + 1] = (3 * here + right + after) >> 4;
      left = here;
      here = right;
    }
  }
}

/**
 * YCbCr to RGB (T.871; FIX(c) = round(c * 2^16)): 1.402, 0.344136286 and 0.714136286 in one sum, 1.772; clamped by the array.
 * @type {(luma: Uint8ClampedArray, from: number, blues: Uint8Array, reds: Uint8Array, pixels: Uint8ClampedArray, to: number, width: number) => void}
 */
function colourRow(luma, from, blues, reds, pixels, to, width) {
  for (let x = 0; x < width; x += 1, to += 4) {
    const light = luma[from + x];
    const blue = blues[x] - 128;
    const red = reds[x] - 128;
    pixels[to] = light + ((91881 * red + 32768) >> 16);
    pixels[to + 1] = light + ((-22554 * blue - 46802 * red + 32768) >> 16);
    pixels[to + 2] = light + ((116130 * blue + 32768) >> 16);
    pixels[to + 3] = 255;
  }
}
