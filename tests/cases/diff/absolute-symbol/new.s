# SPDX-License-Identifier: Apache-2.0
    .set magic, 0x1234
    .section .text.f,"ax",@progbits
    .globl f
    .type f,@function
f:
    .cfi_startproc
    lea magic(%rip), %rax
    nop
    ret
    .cfi_endproc
    .size f, .-f
