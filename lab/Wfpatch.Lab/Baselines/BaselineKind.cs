// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Lab.Baselines;

/// <summary>How a baseline stops the world.</summary>
internal enum BaselineKind
{
    /// <summary>Whatever the threads are in: they are held as long as the write takes. Two versions may meet in one call chain afterwards.</summary>
    Stop = 0,

    /// <summary>As Ksplice and the first kpatch: only when no thread has anything on its stack that changes; else all are let go, and it is tried again a moment later.</summary>
    Probe = 1,
}
