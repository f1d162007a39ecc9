// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Unwinding;

/// <summary>Return addresses on stacks that were exchanged for ones of ours. Asked while a thread is stopped: it allocates nothing.</summary>
public interface IReturnHooks
{
    /// <summary>The return address that stood where <paramref name="found"/> stands now; false where that is none of ours.</summary>
    bool TryGetOriginal(Address found, out Address original);
}
