# SPDX-License-Identifier: Apache-2.0
    .section .text.inner.lto_priv.3,"ax",@progbits
    .local inner.lto_priv.3
    .type inner.lto_priv.3,@function
inner.lto_priv.3:
    .cfi_startproc
    movl $42, %eax
    ret
    .cfi_endproc
    .size inner.lto_priv.3, .-inner.lto_priv.3
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    call inner.lto_priv.3
    addl $1, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
