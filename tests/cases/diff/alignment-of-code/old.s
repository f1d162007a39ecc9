# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .p2align 4
    .globl use
    .type use,@function
use:
    .cfi_startproc
    movl $1, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
