// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Elf;

/// <summary>Carries the finding from deep inside a reader to the reader's entry, which turns it into a refusal; never leaves Core.</summary>
internal sealed class MalformedElfException(string message) : Exception(message);
