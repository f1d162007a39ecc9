# SPDX-License-Identifier: Apache-2.0
    .section .text.leaf,"ax",@progbits
    .type leaf,@function
leaf:
    .cfi_startproc
    lea 1(%rdi), %eax
    ret
    .cfi_endproc
    .size leaf, .-leaf
    .section .text.caller,"ax",@progbits
    .globl caller
    .type caller,@function
caller:
    .cfi_startproc
    mov %esi, %ecx
    call leaf
    add %ecx, %eax
    ret
    .cfi_endproc
    .size caller, .-caller
