// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Tests.Running;
using Xunit;

[assembly: AssemblyFixture(typeof(Starts))]

namespace Wfpatch.Live.Tests.Running;

/// <summary>
/// How many programs were started for a patch in this run of the tests, and how many of them again since the patch had no room (WF404). It is
/// printed at the end of the run, which fails where there were too many.
/// </summary>
public sealed class Starts : IDisposable
{
    private int _all;
    private int _again;

    public void Count(bool again)
    {
        Interlocked.Increment(ref _all);
        Interlocked.Add(ref _again, again ? 1 : 0);
    }

    public void Dispose()
    {
        string counted = $"{_all} programs were started for a patch, {_again} of them again since it had no room (WF404)";
        Console.Error.WriteLine(counted);
        if (_again > MostAgain(_all))
        {
            throw new InvalidOperationException($"{counted}; {MostAgain(_all)} are allowed");
        }
    }

    /// <summary>Of a few starts some may be unlucky.</summary>
    private static int MostAgain(int all) => 3 + (all / 20);
}
