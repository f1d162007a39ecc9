# SPDX-License-Identifier: Apache-2.0
    .section .text.f,"ax",@progbits
    .globl f
    .type f,@function
f:
    .cfi_startproc
    lea g+2(%rip), %rax
    cld
    cld
    ret
    .cfi_endproc
    .size f, .-f
    .section .text.g,"ax",@progbits
    .globl g
    .type g,@function
g:
    .cfi_startproc
    mov $2, %eax
    ret
    .cfi_endproc
    .size g, .-g
