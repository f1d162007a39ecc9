// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Live.Targets;

/// <summary>
/// Whether a process may keep stacks that no thread is on. What a suspended coroutine holds on its stack is seen by nobody, so that a
/// thread which looks quiescent may resume code that a patch replaces.
/// </summary>
public static class Coroutines
{
    /// <summary>makecontext(3), and the switch of Boost.Context.</summary>
    private static readonly string[] Makers = ["makecontext", "swapcontext", "make_fcontext", "jump_fcontext"];

    /// <summary>It has jobs on stacks of their own (ASYNC_start_job(3)), which nothing starts but an engine that works asynchronously.</summary>
    private const string Exempt = "libcrypto.";

    /// <summary>The object that makes such stacks and the function by which it does; null: none is known to.</summary>
    public static (string Object, string Function)? Find(Target target)
    {
        foreach (var loaded in target.Objects.Where(o => !o.FileName.StartsWith(Exempt, StringComparison.Ordinal)))
        {
            // The C library defines the first two; who defines the others uses them.
            if (Makers.FirstOrDefault(m => loaded.Image.FindDynamicSymbols(m).Any(s => !s.IsDefined || m.EndsWith("_fcontext", StringComparison.Ordinal))) is { } maker)
            {
                return (loaded.FileName, maker);
            }
        }
        return null;
    }
}
