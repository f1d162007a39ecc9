# SPDX-License-Identifier: Apache-2.0
    .section .text.inner.lto_priv.0,"ax",@progbits
    .local inner.lto_priv.0
    .type inner.lto_priv.0,@function
inner.lto_priv.0:
    .cfi_startproc
    movl $41, %eax
    ret
    .cfi_endproc
    .size inner.lto_priv.0, .-inner.lto_priv.0
    .section .text.use,"ax",@progbits
    .globl use
    .type use,@function
use:
    .cfi_startproc
    call inner.lto_priv.0
    addl $1, %eax
    ret
    .cfi_endproc
    .size use, .-use
    .section .note.GNU-stack,"",@progbits
