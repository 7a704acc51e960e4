// The steps of jpeg.js, which explains them, on eight samples at once, with the same numbers; equal to it in every pixel. An instance is
// for one picture, which goes in and out in strips, so that its coefficients are all that is kept whole: `place` reserves memory and tells
// where a strip lies, `lines` how many lines it has; `prepare` takes one of the source, `frame` makes one of a quality.
// `make kernel` compiles it to jpeg.wasm.json: clang for wasm32 with SIMD, no library.

typedef unsigned char u8;
typedef short i16;
typedef unsigned int u32;
typedef int v8 __attribute__((vector_size(32)));
typedef v8 p8 __attribute__((aligned(4)));
typedef i16 h8 __attribute__((vector_size(16), aligned(2)));
typedef u8 b8 __attribute__((vector_size(8), aligned(1)));
typedef int v4 __attribute__((vector_size(16)));
typedef i16 w8 __attribute__((vector_size(16)));
typedef signed char b16 __attribute__((vector_size(16)));
typedef b16 p4 __attribute__((aligned(4)));
#define EXPORT(name) __attribute__((export_name(#name)))
#define WIDE(x) __builtin_convertvector(x, v8)
#define SHORT(at) __builtin_convertvector(*(b8 *)(at), w8)
#define MIN __builtin_elementwise_min
#define MAX __builtin_elementwise_max
#define NARROW(low, high) __builtin_wasm_narrow_s_i16x8_i32x4(low, high)
// (a b + 2^14) >> 15.
#define SCALED __builtin_wasm_q15mulr_sat_s_i16x8
#define BYTES(low, high) __builtin_wasm_narrow_u_i8x16_i16x8(low, high)
// Of pairs in 16 bits: a c + b d in 32.
#define LOW(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define HIGH(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)
#define DOT(pairs, c, d) __builtin_wasm_dot_s_i32x4_i16x8(pairs, (w8){c, d, c, d, c, d, c, d})

static const u8 BASE[2][64] = {
  {16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
   18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99},
  {17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
   99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99},
};
enum {
  FIX_0_298 = 2446, FIX_0_390 = 3196, FIX_0_541 = 4433, FIX_0_765 = 6270, FIX_0_899 = 7373, FIX_1_175 = 9633,
  FIX_1_501 = 12299, FIX_1_847 = 15137, FIX_1_961 = 16069, FIX_2_053 = 16819, FIX_2_562 = 20995, FIX_3_072 = 25172,
};

// A picture of at most WHOLE pixels is one strip; of a larger one it is as many rows of blocks as PART pixels have.
enum { WHOLE = 1 << 20, PART = 1 << 18, LONGEST_LINE = 1 << 16 };
// Of its samples a component keeps the last 16 lines, two rows of blocks: interpolation looks one line above or below the row at hand.
enum { RING = 15 };
// Of a block: `coefficients` are 4 (|F| >> 2), with their sign; from quality `from` on one of its AC coefficients is not 0, from `wide` on one
// outside of the four lowest frequencies across and down.
struct component { int width, height, across, down, next; const u8 *base; i16 *coefficients; u8 *from, *wide, *samples; w8 divisors[8], scales[8], steps[8]; };
static struct component components[3];
static int width, height, strip, halved_x, halved_y;
static u8 lowest[2][64][256], rows[2][LONGEST_LINE];
static i16 *sums;
static u32 *pixels;
extern u8 __heap_base;

// Sizes in blocks of 64 bytes, so that vectors may read and write beyond a row's end.
static u8 *reserve(u8 **end, int bytes) {
  u8 *start = *end;
  *end = start + ((bytes + 63) & ~63);
  return start;
}

static inline u8 *line(const struct component *c, int y) {
  return c->samples + (y & RING) * c->across * 8;
}

static inline int end_of(int from) {
  return from + strip < height ? from + strip : height;
}

static void quantisers(const u8 *base, int quality, int *table) {
  int scale = quality < 50 ? 5000 / quality : 200 - 2 * quality;
  for (int place = 0; place < 64; place++) {
    int scaled = (base[place] * scale + 50) / 100;
    table[place] = scaled < 1 ? 1 : scaled > 255 ? 255 : scaled;
  }
}

// Where strips go, RGBA; 0 where there is not the memory.
EXPORT(place) u32 *place(int w, int h, int x, int y) {
  u8 *end = (u8 *)(((u32)&__heap_base + 63) & ~63);
  int table[64], fitting = PART / w & ~15;
  width = w, height = h, halved_x = x, halved_y = y;
  strip = (long long)w * h <= WHOLE ? h : fitting < 16 ? 16 : fitting;
  for (int number = 0; number < 3; number++) {
    struct component *c = &components[number];
    c->width = number ? (w + x) >> x : w;
    c->height = number ? (h + y) >> y : h;
    c->across = (c->width + 7) >> 3;
    c->down = (c->height + 7) >> 3;
    c->base = BASE[number > 0];
    c->coefficients = (i16 *)reserve(&end, c->across * c->down * 128);
    c->from = reserve(&end, c->across * c->down);
    c->wide = reserve(&end, c->across * c->down);
    c->samples = reserve(&end, c->across * 8 * (RING + 1) + 64);
  }
  sums = (i16 *)reserve(&end, components[1].across * 32 + 64);
  pixels = (u32 *)reserve(&end, w * strip * 4 + 64);
  int missing = (int)((u32)end >> 16) + 1 - (int)__builtin_wasm_memory_size(0);
  if (missing > 0 && (int)__builtin_wasm_memory_grow(0, missing) < 0) return 0;
  __builtin_memset(lowest, 255, sizeof lowest);
  for (int number = 0; number < 2; number++) {
    for (int quality = 100; quality >= 1; quality--) {
      quantisers(BASE[number], quality, table);
      for (int place = 1; place < 64; place++) __builtin_memset(lowest[number][place] + table[place], quality, 256 - table[place]);
    }
  }
  return pixels;
}

EXPORT(lines) int lines(void) {
  return strip;
}

// A line of the strip.
static void convert(int number, int y, int stride, u8 *row) {
  static const int WEIGHTS[3][4] = {{19595, 38470, 7471, 32768}, {-11059, -21709, 32768, (128 << 16) + 32767}, {32768, -27439, -5329, (128 << 16) + 32767}};
  const int *weights = WEIGHTS[number];
  const u32 *from = pixels + y * width;
  for (int x = 0; x < width; x += 8) {
    v8 rgb = *(p8 *)(from + x), sum = weights[0] * (rgb & 255) + weights[1] * (rgb >> 8 & 255) + weights[2] * (rgb >> 16 & 255) + weights[3];
    *(b8 *)(row + x) = __builtin_convertvector(sum >> 16, b8);
  }
  for (int x = width; x < stride; x++) row[x] = row[width - 1];
}

static inline w8 pairs(const u8 *at) {
  h8 both = *(h8 *)at;
  return (both & 255) + (both >> 8 & 255);
}

// A line of samples from two of the strip.
static void halve(u8 *to, int stride, int x, int y) {
  if (!x) __builtin_memcpy(to, rows[0], stride);
  for (int column = 0; x && column < stride; column += 8) {
    const u8 *upper = rows[0] + 2 * column, *lower = rows[1] + 2 * column;
    *(b8 *)(to + column) = __builtin_convertvector(
      y ? (pairs(upper) + pairs(lower) + (w8){1, 2, 1, 2, 1, 2, 1, 2}) >> 2 : (pairs(upper) + (w8){0, 1, 0, 1, 0, 1, 0, 1}) >> 1, b8);
  }
}

// Eight rows of eight to eight columns: thrice the lower four are shuffled into the upper ones as cards are, which machines do in one step.
#define TRANSPOSER(name, vector) static inline void name(vector *m) { \
  for (int turn = 0; turn < 3; turn++) { \
    vector n[8]; \
    for (int row = 0; row < 4; row++) n[2 * row] = LOW(m[row], m[row + 4]), n[2 * row + 1] = HIGH(m[row], m[row + 4]); \
    for (int row = 0; row < 8; row++) m[row] = n[row]; \
  } \
}
TRANSPOSER(transpose, v8)
TRANSPOSER(transpose_short, w8)

// Of eight rows or columns at once.
static inline void forward(v8 *m, int first) {
  int shift = first ? 11 : 15, half = 1 << (shift - 1);
  v8 s07 = m[0] + m[7], s16 = m[1] + m[6], s25 = m[2] + m[5], s34 = m[3] + m[4];
  v8 d07 = m[0] - m[7], d16 = m[1] - m[6], d25 = m[2] - m[5], d34 = m[3] - m[4];
  v8 even = s07 + s34 + (s16 + s25), odd = s07 + s34 - (s16 + s25);
  m[0] = first ? even << 2 : (even + 2) >> 2;
  m[4] = first ? odd << 2 : (odd + 2) >> 2;
  v8 turn = (s16 - s25 + s07 - s34) * FIX_0_541;
  m[2] = (turn + (s07 - s34) * FIX_0_765 + half) >> shift;
  m[6] = (turn - (s16 - s25) * FIX_1_847 + half) >> shift;
  v8 z1 = (d34 + d07) * -FIX_0_899, z2 = (d25 + d16) * -FIX_2_562, z5 = (d34 + d16 + d25 + d07) * FIX_1_175;
  v8 z3 = (d34 + d16) * -FIX_1_961 + z5, z4 = (d25 + d07) * -FIX_0_390 + z5;
  m[7] = (d34 * FIX_0_298 + z1 + z3 + half) >> shift;
  m[5] = (d25 * FIX_2_053 + z2 + z4 + half) >> shift;
  m[3] = (d16 * FIX_3_072 + z2 + z3 + half) >> shift;
  m[1] = (d07 * FIX_1_501 + z1 + z4 + half) >> shift;
}

// The same sums as in jpeg.js, multiplied out: before they are rounded they are whole numbers, in whatever order. Coefficients and what the
// first pass makes of them fit into 16 bits. `few`: 4 to 7 are all 0.
static inline void inverse_half(v4 *m, int few, w8 f04, w8 f26, w8 f13, w8 f57, int offset, int shift) {
  v4 low = DOT(f26, FIX_0_541 + FIX_0_765, FIX_0_541), high = DOT(f26, FIX_0_541, FIX_0_541 - FIX_1_847);
  v4 sum = DOT(f04, 8192, 8192) + offset, difference = few ? sum : DOT(f04, 8192, -8192) + offset;
  v4 o0 = DOT(f13, FIX_1_175 + FIX_1_501 - FIX_0_899 - FIX_0_390, FIX_1_175), o1 = DOT(f13, FIX_1_175, FIX_1_175 + FIX_3_072 - FIX_2_562 - FIX_1_961);
  v4 o2 = DOT(f13, FIX_1_175 - FIX_0_390, FIX_1_175 - FIX_2_562), o3 = DOT(f13, FIX_1_175 - FIX_0_899, FIX_1_175 - FIX_1_961);
  if (!few) {
    o0 += DOT(f57, FIX_1_175 - FIX_0_390, FIX_1_175 - FIX_0_899), o1 += DOT(f57, FIX_1_175 - FIX_2_562, FIX_1_175 - FIX_1_961);
    o2 += DOT(f57, FIX_1_175 + FIX_2_053 - FIX_2_562 - FIX_0_390, FIX_1_175), o3 += DOT(f57, FIX_1_175, FIX_1_175 + FIX_0_298 - FIX_0_899 - FIX_1_961);
  }
  m[0] = (sum + low + o0) >> shift, m[7] = (sum + low - o0) >> shift;
  m[1] = (difference + high + o1) >> shift, m[6] = (difference + high - o1) >> shift;
  m[2] = (difference - high + o2) >> shift, m[5] = (difference - high - o2) >> shift;
  m[3] = (sum - low + o3) >> shift, m[4] = (sum - low - o3) >> shift;
}

// Of eight columns, or of the first four alone where the others are all 0.
static inline void pass(w8 *m, int few, int columns, int offset, int shift) {
  v4 low[8], high[8] = {0};
  inverse_half(low, few, LOW(m[0], m[4]), LOW(m[2], m[6]), LOW(m[1], m[3]), LOW(m[5], m[7]), offset, shift);
  if (columns > 4) inverse_half(high, few, HIGH(m[0], m[4]), HIGH(m[2], m[6]), HIGH(m[1], m[3]), HIGH(m[5], m[7]), offset, shift);
  for (int row = 0; row < 8; row++) m[row] = NARROW(low[row], high[row]);
}

// A row of coefficients as the decoder has them: by two factors, so chosen that they round half away from zero (tests/test_made.py tries all).
static inline w8 restored(const struct component *c, const i16 *from, int row) {
  w8 f = *(h8 *)(from + row * 8);
  return SCALED(SCALED(f, c->scales[row]) + (f >> 15), c->steps[row]) * c->divisors[row];
}

static inline void inverse(w8 *m, const struct component *c, const i16 *from, int few) {
  for (int row = 0; row < 8; row++) m[row] = few && row > 3 ? (w8){0} : restored(c, from, row);
  pass(m, few, few ? 4 : 8, 1 << 10, 11);
  transpose_short(m);
  pass(m, few, 8, (128 << 18) + (1 << 17), 18);
  transpose_short(m);
}

static void transform(struct component *c, int row_of_blocks) {
  int stride = c->across * 8;
  for (int column = 0; column < c->across; column++) {
    const u8 *origin = line(c, row_of_blocks * 8) + column * 8;
    int number = row_of_blocks * c->across + column, from = 255, wide = 255;
    i16 *to = c->coefficients + number * 64;
    v8 m[8];
    for (int row = 0; row < 8; row++) m[row] = WIDE(*(b8 *)(origin + row * stride)) - 128;
    transpose(m);
    forward(m, 1);
    transpose(m);
    forward(m, 0);
    for (int row = 0; row < 8; row++) {
      v8 sign = m[row] >> 31;
      *(h8 *)(to + row * 8) = __builtin_convertvector(((((m[row] ^ sign) - sign) & ~3) ^ sign) - sign, h8);
    }
    for (int place = 1; place < 64; place++) {
      int magnitude = (to[place] < 0 ? -to[place] : to[place]) >> 2;
      int quality = lowest[c->base == BASE[1]][place][magnitude > 255 ? 255 : magnitude];
      if (quality < from) from = quality;
      if (place & 36 && quality < wide) wide = quality;
    }
    c->from[number] = from, c->wide[number] = wide;
  }
}

// Everything that does not depend on the quality, of the strip that begins with this line; the strips come from the top.
EXPORT(prepare) void prepare(int from) {
  for (int number = 0; number < 3; number++) {
    struct component *c = &components[number];
    int x = number ? halved_x : 0, y = number ? halved_y : 0, stride = c->across * 8;
    for (int row = from >> y; row < (end_of(from) + y) >> y; row += 8) {
      for (int at = row; at < row + 8; at++) {
        if (at < c->height) {
          int last = (at << y) + y < height ? (at << y) + y : height - 1;
          convert(number, (at << y) - from, stride << x, rows[0]);
          if (y) convert(number, last - from, stride << x, rows[1]);
          halve(line(c, at), stride, x, y);
        } else {
          __builtin_memcpy(line(c, at), line(c, at - 1), stride);
        }
      }
      transform(c, row >> 3);
    }
  }
}

// All scales have 14 bits; steps take away what that is too many.
static void divide(struct component *c, int quality) {
  int table[64];
  quantisers(c->base, quality, table);
  for (int place = 0; place < 64; place++) {
    int q = table[place], bits = 33 - __builtin_clz(q);
    c->divisors[place >> 3][place & 7] = q;
    c->scales[place >> 3][place & 7] = (4096 << bits) / q;
    c->steps[place >> 3][place & 7] = 1 << (15 - bits);
  }
}

// The next row of blocks.
static void restore(struct component *c, int quality) {
  int stride = c->across * 8, row_of_blocks = c->next++;
  for (int column = 0; column < c->across; column++) {
    int number = row_of_blocks * c->across + column;
    const i16 *from = c->coefficients + number * 64;
    u8 *origin = line(c, row_of_blocks * 8) + column * 8;
    if (quality < c->from[number]) {
      int level = ((restored(c, from, 0)[0] + 4) >> 3) + 128;
      level = level < 0 ? 0 : level > 255 ? 255 : level;
      for (int row = 0; row < 8; row++) __builtin_memset(origin + row * stride, level, 8);
      continue;
    }
    w8 m[8];
    if (quality < c->wide[number]) inverse(m, c, from, 1);
    else inverse(m, c, from, 0);
    for (int row = 0; row < 8; row += 2) {
      b16 both = BYTES(m[row], m[row + 1]);
      __builtin_memcpy(origin + row * stride, &both, 8);
      __builtin_memcpy(origin + (row + 1) * stride, (u8 *)&both + 8, 8);
    }
  }
}

static void upsample(struct component *c, int y, u8 *row) {
  const u8 *near = line(c, y >> halved_y);
  int last = c->width - 1;
  if (!halved_x) {
    __builtin_memcpy(row, near, c->width);
  } else if (c->width <= 2) {
    for (int x = 0; x < 2 * c->width; x++) row[x] = near[x >> 1];
  } else {
    int other = (y >> 1) + (y & 1 ? 1 : -1);
    other = !halved_y ? y : other < 0 ? 0 : other < c->height ? other : c->height - 1;
    const u8 *far = line(c, other);
    i16 before = halved_y ? 8 : 4, after = halved_y ? 7 : 8, *s = sums + 8;
    for (int x = 0; x <= last; x += 8) *(h8 *)(s + x) = 3 * __builtin_convertvector(*(b8 *)(near + x), h8) + __builtin_convertvector(*(b8 *)(far + x), h8);
    s[-1] = s[0], s[last + 1] = s[last];
    for (int x = 0; x <= last; x += 8) {
      h8 here = 3 * *(h8 *)(s + x), left = (here + *(h8 *)(s + x - 1) + before) >> 4, right = (here + *(h8 *)(s + x + 1) + after) >> 4;
      *(h8 *)(row + 2 * x) = left | (right << 8);
    }
  }
}

// RGBA, opaque: the strip that begins with this line; they come from the top. Colours in 16 bits: what is whole in a factor is added, the
// rest multiplied by halves, with the same result for all chroma (13173 for 13172.5 as well).
EXPORT(frame) void frame(int quality, int from) {
  for (int number = 0; number < 3 && !from; number++) {
    components[number].next = 0;
    divide(&components[number], quality);
  }
  for (int y = from; y < end_of(from); y++) {
    const u8 *luma = line(&components[0], y);
    u32 *to = pixels + (y - from) * width;
    for (int number = 0; number < 3; number++) {
      struct component *c = &components[number];
      int needed = number ? (y >> halved_y) + halved_y : y;
      while (c->next < c->down && c->next * 8 <= needed) restore(c, quality);
      if (number) upsample(c, y, rows[number - 1]);
    }
    for (int x = 0; x < width; x += 8) {
      w8 light = SHORT(luma + x), blue = SHORT(rows[0] + x) - 128, red = SHORT(rows[1] + x) - 128;
      w8 r = light + red + SCALED(red, (w8){0} + 13173);
      v4 low = (DOT(LOW(blue, red), -11277, 9367) + 16384) >> 15, high = (DOT(HIGH(blue, red), -11277, 9367) + 16384) >> 15;
      w8 g = light - red + NARROW(low, high);
      w8 b = light + 2 * blue + SCALED(blue, (w8){0} - 7471);
      b16 rb = BYTES(r, b), ga = BYTES(g, (w8){0} + 255);
      w8 rg = (w8)__builtin_shufflevector(rb, ga, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
      w8 ba = (w8)__builtin_shufflevector(rb, ga, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
      ((p4 *)(to + x))[0] = (b16)LOW(rg, ba);
      ((p4 *)(to + x))[1] = (b16)HIGH(rg, ba);
    }
  }
}
