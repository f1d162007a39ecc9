// SPDX-License-Identifier: Apache-2.0
extern int outside(int);
int use(int x) { switch ("aZ5 _q"[x]) { case 'a' ... 'f': return outside(1); case 'A' ... 'Z': return outside(2); case '0' ... '9': return outside(3); case ' ': return 4; case '_': return outside(5) * 3; default: return outside(6); } }
