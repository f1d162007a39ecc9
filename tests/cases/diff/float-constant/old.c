// SPDX-License-Identifier: Apache-2.0
double area(double r) { return r * r * 3.25; }
float half(float x) { return x * 0.5f; }
