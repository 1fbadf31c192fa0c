namespace NonLocal.Verification;

/// <summary>The file asks for something that this version does not know. The message names it.</summary>
internal sealed class UnsupportedBlockException(string message) : Exception(message);

/// <summary>The file's parameters or sizes are not those of the block that it names.</summary>
internal sealed class BlockMismatchException(string message) : Exception(message);
