# SPDX-License-Identifier: Apache-2.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    movl $0, %eax
    .nops 11
1:  addl $2, %eax
    decl %edi
    jg 1b
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
