/**
 * TensorFlow's C library, taken from the wheels that its authors publish on the Python package index. One wheel tag
 * is fixed for each platform, whatever Python is installed here, so that its checksum can be pinned: no Python code
 * of these wheels is ever run.
 */

export const tensorflowVersion = '2.21.0';

/**
 * One build of the library.
 * @typedef {object} Build
 * @property {'cpu' | 'gpu'} device
 * @property {readonly string[]} tags platform tags for `pip download`
 * @property {number} downloadMB size of all wheels
 * @property {number} unpackedMB size of what is unpacked from them
 * @property {readonly string[]} requirements lines of a pip requirements file, pinned by checksum
 */

/** @type {Build} */
const linuxX64Cpu = {
  device: 'cpu',
  tags: ['manylinux_2_27_x86_64'],
  downloadMB: 274,
  unpackedMB: 860,
  requirements: [
    'tensorflow-cpu==2.21.0 --hash=sha256:dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  ],
};

/**
 * The CUDA build, and the CUDA libraries that it names in its `and-cuda` extra, at their newest versions of CUDA 12.
 * @type {Build}
 */
const linuxX64Gpu = {
  device: 'gpu',
  tags: [
    'manylinux_2_27_x86_64',
    'manylinux_2_25_x86_64',
    'manylinux2014_x86_64',
    'manylinux2010_x86_64',
  ],
  downloadMB: 3300,
  unpackedMB: 5700,
  requirements: [
    'tensorflow==2.21.0 --hash=sha256:b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
    'nvidia-cublas-cu12==12.9.3.13 --hash=sha256:d7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72',
    'nvidia-cuda-cupti-cu12==12.9.79 --hash=sha256:096bcf334f13e1984ba36685ad4c1d6347db214de03dbb6eebb237b41d9d934f',
    'nvidia-cuda-nvcc-cu12==12.9.86 --hash=sha256:5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0',
    'nvidia-cuda-nvrtc-cu12==12.9.86 --hash=sha256:210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4',
    'nvidia-cuda-runtime-cu12==12.9.79 --hash=sha256:25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3',
    'nvidia-cudnn-cu12==9.28.0.42 --hash=sha256:9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375',
    'nvidia-cufft-cu12==11.4.1.4 --hash=sha256:c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28',
    'nvidia-curand-cu12==10.3.10.19 --hash=sha256:49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e',
    'nvidia-cusolver-cu12==11.7.5.82 --hash=sha256:15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88',
    'nvidia-cusparse-cu12==12.5.10.65 --hash=sha256:73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78',
    'nvidia-nccl-cu12==2.32.3 --hash=sha256:bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c',
    'nvidia-nvjitlink-cu12==12.9.86 --hash=sha256:e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9',
  ],
};

/**
 * This build is untested: the wheel's contents were looked at, but nobody has run the workbook on this platform yet.
 * @type {Build}
 */
const linuxArm64Cpu = {
  device: 'cpu',
  tags: ['manylinux_2_27_aarch64'],
  downloadMB: 282,
  unpackedMB: 890,
  requirements: [
    'tensorflow==2.21.0 --hash=sha256:b07d15737406533898e36c7ef7944b1be18e9028dc521b9229952c537bbc5552',
  ],
};

/**
 * This build is untested: nobody has run the workbook on this platform yet.
 * @type {Build}
 */
const macArm64Cpu = {
  device: 'cpu',
  tags: ['macosx_12_0_arm64'],
  downloadMB: 224,
  unpackedMB: 750,
  requirements: [
    'tensorflow==2.21.0 --hash=sha256:56ecd7d47429acbe1df2694d50b75bf9fc3995ac92cb367cd9af6c4780ead712',
  ],
};

/**
 * The builds for each platform, `process.platform`-`process.arch`.
 * @type {Readonly<Record<string, {cpu: Build, gpu?: Build}>>}
 */
export const builds = {
  'linux-x64': { cpu: linuxX64Cpu, gpu: linuxX64Gpu },
  'linux-arm64': { cpu: linuxArm64Cpu },
  'darwin-arm64': { cpu: macArm64Cpu },
};

/**
 * Returns the options that let pip take wheels for an older system than this one: glibc 2.28, macOS 12.
 * @param {string} on a key of `builds`
 */
export function platformOptions(on = `${process.platform}-${process.arch}`) {
  const [system, arch] = on.split('-');
  if (system === 'darwin') return ['--platform=macosx_12_0_arm64'];
  const cpu = arch === 'x64' ? 'x86_64' : 'aarch64';
  const glibc = Array.from({ length: 24 }, (_, i) => `manylinux_2_${28 - i}`); // down to 2.5
  return [...glibc, 'manylinux2014'].map((tag) => `--platform=${tag}_${cpu}`);
}
