// SPDX-License-Identifier: Apache-2.0
int use(int x) { unsigned __int128 a = (unsigned __int128)(x + 7) << 90; a /= (unsigned)(x + 3); return (int)(a >> 70) ^ (int)a; }
