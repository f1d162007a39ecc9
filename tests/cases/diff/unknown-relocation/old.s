# SPDX-License-Identifier: Apache-2.0
    .section .text.f,"ax",@progbits
    .globl f
    .type f,@function
f:
    .cfi_startproc
    movabs $outside@GOTOFF, %rax
    ret
    .cfi_endproc
    .size f, .-f
