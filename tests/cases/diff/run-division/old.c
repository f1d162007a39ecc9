// SPDX-License-Identifier: Apache-2.0
int use(int x) { unsigned u = x * 12345u + 7; return (int)(u / 7 + u % 10); }
