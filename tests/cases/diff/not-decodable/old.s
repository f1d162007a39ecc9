# SPDX-License-Identifier: Apache-2.0
    .section .text.f,"ax",@progbits
    .globl f
    .type f,@function
f:
    .cfi_startproc
    ret
    .byte 0x06, 0x07
    .cfi_endproc
    .size f, .-f
