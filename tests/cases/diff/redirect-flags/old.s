# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    adcl %edi, %edi
    movl %edi, %eax
    addl $1, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
