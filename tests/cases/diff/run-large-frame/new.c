// SPDX-License-Identifier: Apache-2.0
int use(int x) { volatile char room[40000]; room[x * 5000] = (char)(x + 1); room[39999] = 3; return room[x * 5000] * room[39999]; }
