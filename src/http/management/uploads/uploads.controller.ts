import { Delete, Head, Options, Patch, Post, Req, Res, SetMetadata } from '@nestjs/common';
import { ApiHeader, ApiNoContentResponse, ApiOperation, ApiParam, ApiResponse } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import type { Actor } from '../../../platform/actor/actor';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { READS_BODY } from '../json-body.guard';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { TusService } from './tus.service';

const ReadsBody = (): MethodDecorator => SetMetadata(READS_BODY, true);
const Resumable = (): MethodDecorator =>
  ApiHeader({ name: 'Tus-Resumable', required: true, schema: { type: 'string', enum: ['1.0.0'] } });
/** What an answer without a body says. */
const told = (name: string, description: string) => ({
  [name]: { description, schema: { type: 'string' as const } },
});
const ID = { name: 'id', description: 'The end of what Location said.' };

/** Files that come in over several requests, for bad links (tus 1.0.0). */
@ManagementController('uploads', 'uploads')
export class UploadsController {
  constructor(private readonly tus: TusService) {}

  @Options()
  @Needs('publisher')
  @ApiOperation({ summary: 'What of tus 1.0.0 is spoken, and the largest file' })
  @ApiNoContentResponse()
  async describeUploads(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tus.serve(actor, request, response);
  }

  @Post()
  @Needs('publisher')
  @ReadsBody()
  @ApiOperation({ summary: 'Begin an upload that may go on after a break' })
  @Resumable()
  @ApiHeader({ name: 'Upload-Length', required: true, description: 'Bytes of the whole file.' })
  @ApiHeader({
    ...{ name: 'Upload-Metadata', required: true },
    description: '`filename` and, if it shall be checked, `sha256`: each key with its value in base64.',
  })
  @ApiResponse({ status: 201, description: 'Begun.', headers: told('Location', 'Where the bytes go.') })
  @Refuses(400, 412, 413, 429, 507)
  async beginUpload(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tus.serve(actor, request, response);
  }

  @Head(':id')
  @Needs('publisher')
  @ApiOperation({ summary: 'How far an upload is: Upload-Offset' })
  @ApiParam(ID)
  @Resumable()
  @ApiResponse({
    ...{ status: 200, description: 'Under way, or whole.' },
    headers: told('Upload-Offset', 'The byte at which to go on.'),
  })
  @Refuses(404, 410, 412)
  async askUpload(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tus.serve(actor, request, response);
  }

  @Patch(':id')
  @Needs('publisher')
  @ReadsBody()
  @ApiOperation({ summary: 'Send what comes next of an upload, as application/offset+octet-stream' })
  @ApiParam(ID)
  @Resumable()
  @ApiHeader({ name: 'Upload-Offset', required: true, description: 'Where these bytes begin.' })
  @ApiNoContentResponse({ headers: told('Upload-Offset', 'How many bytes are durable now.') })
  @Refuses(400, 404, 409, 410, 412, 413, 507)
  async continueUpload(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tus.serve(actor, request, response);
  }

  @Delete(':id')
  @Needs('publisher')
  @ApiOperation({ summary: 'Give an upload up, with its bytes' })
  @ApiParam(ID)
  @Resumable()
  @ApiNoContentResponse()
  @Refuses(404, 412)
  async endUpload(
    @CurrentActor() actor: Actor,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    await this.tus.serve(actor, request, response);
  }
}
