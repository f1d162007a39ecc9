# SPDX-License-Identifier: Apache-2.0
    .section .text.f,"ax",@progbits
    .globl f
    .type f,@function
f:
    .cfi_startproc
    leaq outside@GOT(%rax), %rax
    cld
    ret
    .cfi_endproc
    .size f, .-f
