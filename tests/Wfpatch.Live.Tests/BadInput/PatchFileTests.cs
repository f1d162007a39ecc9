// SPDX-License-Identifier: Apache-2.0
using System.Buffers.Binary;
using Wfpatch.Live.Tests.Running;
using Xunit;

namespace Wfpatch.Live.Tests.BadInput;

/// <summary>A patch file that is none, or is not whole. The target is not touched.</summary>
public sealed class PatchFileTests
{
    private const int VersionAt = 8; // docs/patch-format.md

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_no_patch_is_refused()
    {
        await using var sample = await IdleSample.StartAsync();
        await ExpectAsync(sample, "not-a-patch.txt", "hello\n"u8.ToArray(), "WF111");
        await ExpectAsync(sample, "empty.wfp", [], "WF111");
        await ExpectAsync(sample, "program", await File.ReadAllBytesAsync($"/proc/{sample.Id}/exe", Cancel), "WF111");
    }

    [Fact]
    public async Task A_damaged_patch_is_refused()
    {
        await using var sample = await IdleSample.StartAsync();
        byte[] whole = await File.ReadAllBytesAsync(sample.Patch.File, Cancel);
        foreach (int length in new[] { 12, whole.Length - 1 })
        {
            await ExpectAsync(sample, $"first-{length}-bytes.wfp", whole[..length], "WF112");
        }
        byte[] flipped = [.. whole];
        flipped[whole.Length / 2] ^= 0x10;
        await ExpectAsync(sample, "flipped.wfp", flipped, "WF113");
        byte[] newer = [.. whole];
        BinaryPrimitives.WriteUInt32LittleEndian(newer.AsSpan(VersionAt), 99);
        await ExpectAsync(sample, "newer.wfp", newer, "WF114");
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_named()
    {
        await using var sample = await IdleSample.StartAsync();
        string missing = ScratchFolder.NewFile("missing.wfp");
        await sample.ExpectRefusedAsync(missing, "usage", null, "missing.wfp");
        await sample.ExpectRefusedAsync(Path.GetDirectoryName(missing)!, "usage", null, Path.GetDirectoryName(missing)!);
    }

    [Fact]
    public async Task Inspect_says_the_same()
    {
        string file = ScratchFolder.NewFile("hello.wfp");
        await File.WriteAllTextAsync(file, "hello\n", Cancel);
        (await WfpatchCommand.RunAsync("inspect", file)).ExpectFailure("refused", "WF111", "hello.wfp");
        (await WfpatchCommand.RunAsync("inspect", file + "x")).ExpectFailure("usage", null, "hello.wfpx");
    }

    private static async Task ExpectAsync(IdleSample sample, string name, byte[] content, string code)
    {
        string file = ScratchFolder.NewFile(name);
        await File.WriteAllBytesAsync(file, content, Cancel);
        await sample.ExpectRefusedAsync(file, "refused", code, name);
    }
}
