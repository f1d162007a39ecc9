# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    jmp far_away@PLT
    .nops 9
    movl $1, %eax
    adcl %eax, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
