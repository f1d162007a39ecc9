// SPDX-License-Identifier: Apache-2.0
int map(int k)
{
    switch (k) { case 0: return 17; case 1: return 4; case 2: return 98; case 3: return 23; case 4: return 51; case 5: return 8; default: return 0; }
}
int keep(int k)
{
    switch (k) { case 0: return 5; case 1: return 40; case 2: return 9; case 3: return 230; case 4: return 5; case 5: return 80; default: return 0; }
}
