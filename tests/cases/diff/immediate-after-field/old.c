// SPDX-License-Identifier: Apache-2.0
static int flag; static char bytes[8]; static long wide;
int set(int x) { flag = 12345; bytes[3] = 7; wide = -2; return x; }
int get(void) { return flag + bytes[3] + (int)wide; }
