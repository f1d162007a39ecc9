// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Security.Cryptography;
using Wfpatch.Live.Linux;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>What a refused command must leave as it was: all mappings of an idle process, and all of its code.</summary>
/// <param name="Code">A hash of each executable mapping's bytes.</param>
public sealed record MemoryImage(string Mappings, ImmutableArray<string> Code)
{
    public static MemoryImage Take(int process)
    {
        NativeLinux linux = new();
        var code = new ProcFs(process).ReadMappings().Where(m => m.IsExecutable && m.Path != "[vsyscall]").Select(mapping =>
        {
            byte[] bytes = new byte[mapping.Range.Length];
            Assert.Equal(0, linux.Read(process, mapping.Range.Start, bytes));
            return $"{mapping.Range} {Convert.ToHexStringLower(SHA256.HashData(bytes))}";
        });
        return new(File.ReadAllText($"/proc/{process}/maps"), [.. code]);
    }

    public void ExpectUnchanged(int process)
    {
        var now = Take(process);
        Assert.Equal(Mappings, now.Mappings);
        Assert.Equal(Code, now.Code);
    }
}
