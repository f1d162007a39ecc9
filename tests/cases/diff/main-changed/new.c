// SPDX-License-Identifier: Apache-2.0
extern int run(int); int main(void) { return run(2); }
